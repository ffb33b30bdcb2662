//! The list of error codes: status, title and meaning of each. The documentation is written from it.

use std::borrow::Cow;

use http::StatusCode;
use serde::Serialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $status:ident, $title:literal, $meaning:literal;)*) => {
        /// What went wrong, for programs. The list only grows.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
        pub enum Code {
            $(
                #[doc = $meaning]
                #[serde(rename = $name)]
                $variant,
            )*
        }

        impl Code {
            /// Every code, in the order of the documentation.
            pub const ALL: &[Code] = &[$(Code::$variant),*];

            /// The code as it is sent.
            pub const fn name(self) -> &'static str {
                match self { $(Code::$variant => $name,)* }
            }

            /// The status that it is sent with.
            pub const fn status(self) -> StatusCode {
                match self { $(Code::$variant => StatusCode::$status,)* }
            }

            /// The code in words.
            pub const fn title(self) -> &'static str {
                match self { $(Code::$variant => $title,)* }
            }

            /// What it means and what to do, for the documentation.
            pub const fn meaning(self) -> &'static str {
                match self { $(Code::$variant => $meaning,)* }
            }
        }
    };
}

impl Code {
    /// Where it is explained: a registered type where there is one, else our own page.
    pub(super) fn problem_type(self) -> Cow<'static, str> {
        match self {
            Self::RateLimited => {
                Cow::Borrowed("https://iana.org/assignments/http-problem-types#quota-exceeded")
            }
            _ => Cow::Owned(format!("/api/docs#{}", self.name())),
        }
    }

    /// What a 401 says of the credentials that are taken (RFC 6750).
    pub(super) fn challenge(self) -> Option<&'static str> {
        match self {
            Self::InvalidToken => Some("Bearer error=\"invalid_token\""),
            _ if self.status() == StatusCode::UNAUTHORIZED => Some("Bearer realm=\"promptcards\""),
            _ => None,
        }
    }
}

/// By hand, because the derive does not see the names that the macro gives.
impl PartialSchema for Code {
    fn schema() -> RefOr<Schema> {
        let schema = ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::String))
            .description(Some("What went wrong, for programs. The list only grows."))
            .enum_values(Some(Self::ALL.iter().map(|code| code.name())));
        schema.build().into()
    }
}

impl ToSchema for Code {}

codes! {
    BadRequest = "bad_request", BAD_REQUEST, "Malformed request",
        "A header or the address is malformed. The detail says which.";
    InvalidJson = "invalid_json", BAD_REQUEST, "The body is not JSON",
        "The body does not parse as JSON. The detail says at which line and column.";
    DuplicateKey = "duplicate_key", BAD_REQUEST, "A key stands twice",
        "An object of the body has the same key twice. Which one counts would be a guess.";
    SignInRequired = "sign_in_required", UNAUTHORIZED, "Sign in first",
        "This needs an account. Sign in, or send an access token or API key as Authorization: Bearer.";
    SignInFailed = "sign_in_failed", UNAUTHORIZED, "Name, password or code is wrong",
        "No account has this name, or its password or code is another one. Which of them is not told.";
    InvalidToken = "invalid_token", UNAUTHORIZED, "The token is not valid",
        "The access token, refresh token or API key is none of this server's, or it has ended.";
    WrongPassword = "wrong_password", FORBIDDEN, "The password or code is wrong",
        "It is not the password of who is signed in, or not the code of the second factor.";
    InvalidLink = "invalid_link", FORBIDDEN, "The link is not valid",
        "The link is none of this server's, or it was used or has expired. Ask for another one.";
    RegistrationClosed = "registration_closed", FORBIDDEN, "Accounts are not made in this way",
        "The server's settings do not let accounts be made in this way. Ask an admin.";
    Forbidden = "forbidden", FORBIDDEN, "Not allowed",
        "Your role does not let you do this. The detail says which one does.";
    CodeRequired = "code_required", UNAUTHORIZED, "A code is asked for",
        "The password is right, and the account has a second factor. Send the same again with a code of it.";
    ScopeMissing = "scope_missing", FORBIDDEN, "The API key lacks the scope",
        "The API key may not be used for this. The detail names the scope that it needs, if any would do.";
    ConfirmationRequired = "confirmation_required", FORBIDDEN, "Give your password again",
        "This needs a password that was given within the last five minutes. Confirm it at /api/v1/session/confirm and repeat the request.";
    EntryRequired = "entry_required", FORBIDDEN, "Enter the workspace first",
        "You are no member of this workspace. As an admin you may enter it for an hour, and give a reason that its owners see.";
    CsrfFailed = "csrf_failed", FORBIDDEN, "Not sent by the page itself",
        "A change by cookie needs the header X-CSRF-Token with a token of the session, from /api/v1/session/csrf.";
    ForeignOrigin = "foreign_origin", FORBIDDEN, "Sent by another site",
        "The request was made by a page that this server did not send.";
    NotFound = "not_found", NOT_FOUND, "Not found",
        "There is nothing at this address.";
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "Method not allowed",
        "The address exists, but not for this method. The header Allow lists those it has.";
    RequestTimeout = "request_timeout", REQUEST_TIMEOUT, "The body came too slowly",
        "The body must arrive at 1 KB a second or faster, and within 60 seconds.";
    SlugTaken = "slug_taken", CONFLICT, "The slug is taken",
        "Another card, or another workspace, has this slug. Choose another one.";
    Archived = "archived", CONFLICT, "The card is archived",
        "An archived card cannot be changed or run. Restore it first.";
    NothingChanged = "nothing_changed", CONFLICT, "Nothing changed",
        "The draft is the same as the latest version, so there is nothing to save.";
    WrongState = "wrong_state", CONFLICT, "Not in this state",
        "The action does not fit the state of the run, the pull or the provider. The detail names both.";
    ModelInUse = "model_in_use", CONFLICT, "The model is in use",
        "A run that has not ended uses the model, or it is being pulled. The detail says which.";
    ProviderInUse = "provider_in_use", CONFLICT, "The provider is in use",
        "A run that has not ended uses the provider. The detail says which.";
    NameTaken = "name_taken", CONFLICT, "The name is taken",
        "Another account has this name or e-mail address, or another provider this name. Choose another one.";
    LastAdmin = "last_admin", CONFLICT, "The last admin",
        "There would be no admin left. Make somebody else an admin first.";
    LastOwner = "last_owner", CONFLICT, "The last owner",
        "The workspace would have no owner left. Make another member an owner first.";
    TwoFactorState = "two_factor_state", CONFLICT, "The second factor is not in this state",
        "There is a second factor already, or there is none. The detail says which.";
    TooMany = "too_many", CONFLICT, "As many as there may be",
        "There are as many of these as there may be. Remove one first.";
    Stale = "stale", PRECONDITION_FAILED, "Changed by somebody else",
        "What you edit was changed after you read it. Read it again and repeat the edit; the ETag of the present state is in the response.";
    BodyTooLarge = "body_too_large", PAYLOAD_TOO_LARGE, "The body is too large",
        "The body exceeds the limit of this address. The detail says the limit.";
    UrlTooLong = "url_too_long", URI_TOO_LONG, "The address is too long",
        "An address may have 8 KiB.";
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "Not sent as JSON",
        "Send the body as Content-Type: application/json, without Content-Encoding.";
    WrongHost = "wrong_host", MISDIRECTED_REQUEST, "Wrong host",
        "The request names a host that this server is not. It answers to the name in its settings and to loopback names.";
    Invalid = "invalid", UNPROCESSABLE_ENTITY, "Values are not accepted",
        "The request is well formed, but values in it are not accepted. Each stands in `errors` with its pointer.";
    ModelMissing = "model_missing", UNPROCESSABLE_ENTITY, "The model is missing",
        "The model server does not have this model. Pull it there, or choose another.";
    NoCases = "no_cases", UNPROCESSABLE_ENTITY, "No cases",
        "The suite, or the filter on it, leaves no test case to run.";
    TooManyCells = "too_many_cells", UNPROCESSABLE_ENTITY, "The run is too large",
        "Versions × models × cases × repeats exceed the limit of a run. The detail says the limit.";
    IdempotencyMismatch = "idempotency_mismatch", UNPROCESSABLE_ENTITY, "The key was used for another request",
        "This Idempotency-Key came before with another method, address or body. Use a new key.";
    PreconditionRequired = "precondition_required", PRECONDITION_REQUIRED, "If-Match is required",
        "An edit needs the header If-Match with the ETag of what was read, so that nobody's work is overwritten unseen.";
    RateLimited = "rate_limited", TOO_MANY_REQUESTS, "Too many requests",
        "You have done as much as you may for now. `violated-policies` names the limits; wait as long as Retry-After says.";
    HeadersTooLarge = "headers_too_large", REQUEST_HEADER_FIELDS_TOO_LARGE, "The headers are too large",
        "One header may have 8 KiB, all of them together 32 KiB.";
    Internal = "internal", INTERNAL_SERVER_ERROR, "The server failed",
        "A bug, or a failure that the server could not work around. The log has the details under the request id.";
    Overloaded = "overloaded", SERVICE_UNAVAILABLE, "Overloaded",
        "The server is answering as many requests as it can. Try again after Retry-After.";
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, "Unavailable",
        "Something that the server depends on does not answer. The detail says what, Retry-After when to try again.";
    ProviderUnavailable = "provider_unavailable", SERVICE_UNAVAILABLE, "The model server does not answer",
        "The model server cannot be reached. The detail says what was tried and how to put it right.";
    StorageFull = "storage_full", SERVICE_UNAVAILABLE, "The disk is full",
        "Nothing was stored. Free space on the server's disk; reading still works.";
    ShuttingDown = "shutting_down", SERVICE_UNAVAILABLE, "Shutting down",
        "The server is stopping. What was acknowledged is on disk.";
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_unique_and_are_what_is_sent() {
        let mut seen = HashSet::new();
        for code in Code::ALL {
            assert!(seen.insert(code.name()), "{} stands twice", code.name());
            assert_eq!(serde_json::to_string(code).unwrap(), format!("\"{}\"", code.name()));
            assert!(code.status().is_client_error() || code.status().is_server_error());
            assert!(code.meaning().ends_with('.'));
        }
    }
}
