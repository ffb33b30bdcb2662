//! `POST /api/v1/session/confirm`.

use axum::extract::State;
use axum::response::Response;
use garde::Validate;
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{NextAccess, granted};
use crate::auth::attempt_again;
use crate::extract::{AUTH_LIMIT, By, ByCookie, Json};
use crate::problem::Result;
use crate::state::ApiState;

/// The password, once more.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Confirm {
    /// The password.
    #[garde(skip)]
    #[schema(value_type = String)]
    password: SecretString,
    /// A code, if the account has a second factor.
    #[serde(default)]
    #[garde(length(chars, max = 64))]
    code: Option<String>,
}

/// Give the password again
///
/// For five minutes the session may then do what needs a password given just now. The access token that was shown is
/// replaced.
#[utoipa::path(post, path = "/api/v1/session/confirm", tag = "people", request_body = Confirm,
    responses((status = 204, description = "Confirmed; the next access token is a cookie.",
               headers(("Set-Cookie" = String))),
              (status = 200, body = NextAccess, description = "Confirmed, where a program showed its token.")))]
pub(crate) async fn confirm_session(
    State(state): State<ApiState>,
    By(caller): By,
    by_cookie: ByCookie,
    Json(body): Json<Confirm, AUTH_LIMIT>,
) -> Result<Response> {
    let confirming = state.engine.people().confirm_password(&caller, body.password, body.code);
    let grant = attempt_again(&state, &caller, confirming).await?;
    granted(&state, &grant, by_cookie.0)
}
