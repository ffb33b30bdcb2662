//! Errors as callers see them: RFC 9457 problems, with a code from one list.

mod code;
mod from_engine;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::header::{self, HeaderName, HeaderValue};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

pub use code::Code;

/// What a handler returns.
pub type Result<T> = std::result::Result<T, ApiError>;

/// One thing that is wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// JSON pointer (RFC 6901) to the value in the body, or `/name` of a query parameter.
    pub pointer: String,
    /// What is wrong with it, as a sentence.
    pub detail: String,
}

impl FieldError {
    /// What is wrong with the value at `pointer`.
    pub fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), detail: detail.into() }
    }
}

/// The body of every error: `application/problem+json`, RFC 9457.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem<'a> {
    /// Where the code is explained.
    #[serde(rename = "type")]
    pub problem_type: Cow<'static, str>,
    /// The code in words, the same for every occurrence.
    pub title: &'static str,
    /// The HTTP status, again.
    pub status: u16,
    /// What happened this time and what to do about it.
    pub detail: &'a str,
    /// What happened, for programs.
    pub code: Code,
    /// The request in the server's log.
    #[schema(value_type = String, format = "uuid")]
    pub request_id: Uuid,
    /// The values of the request that are wrong, if the code is about values.
    pub errors: &'a [FieldError],
    /// The limits that are reached, if the code is `rate_limited`.
    #[serde(rename = "violated-policies", skip_serializing_if = "<[_]>::is_empty")]
    pub violated_policies: &'a [&'static str],
}

/// An error on its way to the caller. The request id is added where the response leaves the server.
#[derive(Debug)]
pub struct ApiError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    code: Code,
    detail: Cow<'static, str>,
    errors: Vec<FieldError>,
    violated_policies: Vec<&'static str>,
    headers: Vec<(HeaderName, HeaderValue)>,
    cause: Option<Box<dyn StdError + Send + Sync>>,
}

impl ApiError {
    /// An error with `code`. `detail` is one or two sentences for a person.
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner {
            code,
            detail: detail.into(),
            errors: Vec::new(),
            violated_policies: Vec::new(),
            headers: Vec::new(),
            cause: None,
        }))
    }

    /// 404: the thing is not there, or the caller may not know that it is.
    pub fn not_found(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::NotFound, detail)
    }

    /// 422 about one value or several. The detail says how many.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [only] => Cow::Owned(format!("{}: {}", shown(&only.pointer), only.detail)),
            many => Cow::Owned(format!("{} values are not accepted; `errors` names them.", many.len())),
        };
        let mut error = Self::new(Code::Invalid, detail);
        error.0.errors = errors;
        error
    }

    /// 429: these limits are reached, and after so many seconds there is room again.
    pub fn rate_limited(policies: Vec<&'static str>, retry_after: u32) -> Self {
        let detail = format!(
            "The limit `{}` is reached. There is room again in {retry_after} s.",
            policies.join("`, `")
        );
        let mut error = Self::new(Code::RateLimited, detail).retry_after(retry_after);
        error.0.violated_policies = policies;
        error
    }

    /// 500. The caller learns nothing but the request id; `cause` goes to the log.
    pub fn internal(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::new(
            Code::Internal,
            "The server failed to answer. Nothing is known to be lost; the log has the details under this request id.",
        )
        .caused_by(cause)
    }

    /// Names the values that are wrong.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<FieldError>) -> Self {
        self.0.errors = errors;
        self
    }

    /// Adds a header to the response.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// Says when it is worth trying again.
    #[must_use]
    pub fn retry_after(self, seconds: u32) -> Self {
        self.with_header(header::RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// Keeps the error underneath for the log. It is never sent.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// What happened.
    pub fn violated_policies(&self) -> &[&'static str] {
        &self.0.violated_policies
    }

    /// Which kind of error it is.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The values that are wrong.
    pub fn errors(&self) -> &[FieldError] {
        &self.0.errors
    }

    /// The sentence for a person.
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// The error underneath with all its causes, joined by `: `.
    pub(crate) fn chain(&self) -> Option<String> {
        let mut next: Option<&dyn StdError> = Some(self.0.cause.as_deref()?);
        let mut chain = String::new();
        while let Some(error) = next {
            if !chain.is_empty() {
                chain.push_str(": ");
            }
            chain.push_str(&error.to_string());
            next = error.source();
        }
        Some(chain)
    }

    /// The finished response.
    pub(crate) fn render(&self, request_id: Uuid) -> Response {
        let problem = Problem {
            problem_type: self.0.code.problem_type(),
            title: self.0.code.title(),
            status: self.0.code.status().as_u16(),
            detail: &self.0.detail,
            code: self.0.code,
            request_id,
            errors: &self.0.errors,
            violated_policies: &self.0.violated_policies,
        };
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = Response::new(body.into());
        *response.status_mut() = self.0.code.status();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(challenge) = self.0.code.challenge() {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        for (name, value) in &self.0.headers {
            headers.insert(name, value.clone());
        }
        response
    }
}

fn shown(pointer: &str) -> &str {
    if pointer.is_empty() { "the body" } else { pointer }
}

/// Hands the error to the door (`door::pass`), which knows the request id and writes the body.
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = Response::default();
        *response.status_mut() = self.0.code.status();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

/// The error that a response carries, taken out of it.
pub(crate) fn carried(response: &mut Response) -> Option<Arc<ApiError>> {
    response.extensions_mut().remove::<Arc<ApiError>>()
}
