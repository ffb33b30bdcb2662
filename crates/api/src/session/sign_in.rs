//! `POST /api/v1/session`.

use axum::extract::State;
use axum::response::Response;
use engine::people::SignInOutcome;
use garde::Validate;
use http::HeaderMap;
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Begun, signed_in};
use crate::auth::{attempt, end_session_before};
use crate::extract::{AUTH_LIMIT, Client, Json};
use crate::problem::{ApiError, Code, Result};
use crate::state::ApiState;

/// Who signs in.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
    /// The name of the account, or its e-mail address.
    #[garde(length(chars, max = 254))]
    name: String,
    /// The password.
    #[garde(skip)]
    #[schema(value_type = String)]
    password: SecretString,
    /// A code of the second factor, or a recovery code, if the account has a second factor.
    #[serde(default)]
    #[garde(length(chars, max = 64))]
    code: Option<String>,
    /// Stay signed in for 30 days, also when the browser is closed.
    #[serde(default)]
    #[garde(skip)]
    remember: bool,
    /// Answer with the tokens in the body and not as cookies: for programs.
    #[serde(default)]
    #[garde(skip)]
    tokens: bool,
}

/// Sign in
///
/// Whether the name or the password is wrong, nobody is told. `code_required` asks for the same again with a code. The
/// session that the cookies of the request belong to ends, where the answer replaces them.
#[utoipa::path(post, path = "/api/v1/session", tag = "people", request_body = SignIn,
    responses((status = 201, body = Begun, headers(("Set-Cookie" = String)))))]
pub(crate) async fn sign_in(
    State(state): State<ApiState>,
    Client(client): Client,
    headers: HeaderMap,
    Json(body): Json<SignIn, AUTH_LIMIT>,
) -> Result<Response> {
    let SignIn { name, password, code, remember, tokens } = body;
    let account = name.clone();
    let sign_in = engine::people::SignIn { name, password, code, remember };
    let signing_in = state.engine.people().sign_in(sign_in, &client);
    match attempt(&state, client.address, &account, signing_in).await? {
        SignInOutcome::SignedIn(done) => {
            if !tokens {
                end_session_before(&state, &headers, &client).await?;
            }
            signed_in(&state, *done, tokens).await
        }
        SignInOutcome::SecondFactorNeeded => {
            Err(ApiError::new(Code::CodeRequired, Code::CodeRequired.meaning()))
        }
    }
}
