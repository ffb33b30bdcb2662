//! `GET /api/v1/session/csrf`.

use axum::extract::State;
use http::HeaderMap;
use secrecy::ExposeSecret;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth;
use crate::extract::Json;
use crate::problem::Result;
use crate::state::ApiState;

/// Proof that a page of this server sends a change.
#[derive(Serialize, ToSchema)]
pub(crate) struct CsrfToken {
    /// Goes into the header `X-CSRF-Token`. It is good for as long as the session.
    csrf_token: String,
}

/// Get a token for changes by cookie
///
/// Either cookie of the session will do: a page whose access token has expired needs one to renew it.
#[utoipa::path(get, path = "/api/v1/session/csrf", tag = "people", responses((status = 200, body = CsrfToken)))]
pub(crate) async fn get_csrf_token(
    State(state): State<ApiState>,
    headers: HeaderMap,
) -> Result<Json<CsrfToken>> {
    let caller = auth::of_either_cookie(&state, &headers).await?;
    let token = state.engine.people().csrf_token(&caller).await?;
    Ok(Json(CsrfToken { csrf_token: token.expose_secret().to_owned() }))
}
