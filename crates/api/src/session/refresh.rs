//! `POST /api/v1/session/refresh`.

use axum::extract::State;
use axum::response::Response;
use garde::Validate;
use http::HeaderMap;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Begun, signed_in};
use crate::auth::{check_csrf, sign_in_required};
use crate::extract::{AUTH_LIMIT, Client, Json};
use crate::problem::Result;
use crate::state::ApiState;

/// What to renew by, if it is not in the cookie.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Refresh {
    /// The refresh token of a program. A browser sends its cookie, and the header `X-CSRF-Token`.
    #[serde(default)]
    #[garde(skip)]
    #[schema(value_type = Option<String>)]
    refresh_token: Option<SecretString>,
}

/// Renew the tokens of a session
///
/// A refresh token buys one pair. One that comes twice ends the session, because two have it; only within ten
/// seconds, and while nobody has used the new pair, it is taken for a lost answer.
#[utoipa::path(post, path = "/api/v1/session/refresh", tag = "people", request_body = Refresh,
    responses((status = 201, body = Begun, headers(("Set-Cookie" = String)))))]
pub(crate) async fn refresh_session(
    State(state): State<ApiState>,
    Client(client): Client,
    headers: HeaderMap,
    Json(body): Json<Refresh, AUTH_LIMIT>,
) -> Result<Response> {
    if let Some(token) = body.refresh_token {
        return signed_in(&state, state.engine.people().refresh(token.expose_secret(), &client).await?, true)
            .await;
    }
    let token = state.cookies.refresh(&headers)?.ok_or_else(sign_in_required)?;
    let caller = state.engine.people().authenticate_refresh(token).await?;
    check_csrf(state.engine.people(), &caller, &headers).await?;
    signed_in(&state, state.engine.people().refresh(token, &client).await?, false).await
}
