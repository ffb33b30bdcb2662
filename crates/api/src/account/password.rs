//! `POST /api/v1/account/password`.

use axum::extract::State;
use axum::response::Response;
use garde::Validate;
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::auth::attempt_again;
use crate::extract::{AUTH_LIMIT, By, ByCookie, Json};
use crate::problem::Result;
use crate::session::{NextAccess, granted};
use crate::state::ApiState;

/// The password of now, and the one to be.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangePassword {
    /// The password of now.
    #[garde(skip)]
    #[schema(value_type = String)]
    current: SecretString,
    /// The password to be, 12 to 128 characters.
    #[garde(skip)]
    #[schema(value_type = String)]
    new: SecretString,
}

/// Change one's own password
///
/// Every other session ends, and links that would set a password are void. API keys stay: look through them. The access
/// token that was shown is replaced.
#[utoipa::path(post, path = "/api/v1/account/password", tag = "people", request_body = ChangePassword,
    responses((status = 204, description = "Changed; the next access token is a cookie.",
               headers(("Set-Cookie" = String))),
              (status = 200, body = NextAccess, description = "Changed, where a program showed its token.")))]
pub(crate) async fn change_password(
    State(state): State<ApiState>,
    By(caller): By,
    by_cookie: ByCookie,
    Json(body): Json<ChangePassword, AUTH_LIMIT>,
) -> Result<Response> {
    let changing = state.engine.people().change_password(&caller, body.current, body.new);
    let grant = attempt_again(&state, &caller, changing).await?;
    granted(&state, &grant, by_cookie.0)
}
