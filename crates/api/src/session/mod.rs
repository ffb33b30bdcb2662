//! Signing in and out, and what keeps a session going.

pub(crate) mod confirm;
pub(crate) mod csrf;
pub(crate) mod get;
pub(crate) mod refresh;
pub(crate) mod sign_in;
pub(crate) mod sign_out;

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use domain::clock::Timestamp;
use engine::people::{AccessGrant, Account, SignedIn};
use http::StatusCode;
use secrecy::ExposeSecret;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Kept;
use crate::extract::Json;
use crate::problem::Result;
use crate::state::ApiState;

/// A session that has begun, or goes on under other tokens.
#[derive(Serialize, ToSchema)]
pub(crate) struct Begun {
    /// Whose it is.
    user: Account,
    /// When it ends at the latest.
    expires_at: Timestamp,
    /// Goes into the header `X-CSRF-Token` of every change that is made by cookie.
    csrf_token: String,
    /// The tokens, for a program that asked for them. A browser gets cookies, which no script can read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    tokens: Option<Tokens>,
}

/// What a program shows.
#[derive(Serialize, ToSchema)]
pub(crate) struct Tokens {
    /// Goes into `Authorization: Bearer`.
    access_token: String,
    /// Until when it is good: five minutes.
    access_expires_at: Timestamp,
    /// Buys the next pair, once.
    refresh_token: String,
}

/// Another access token, for a program that showed one.
#[derive(Serialize, ToSchema)]
pub(crate) struct NextAccess {
    /// Goes into `Authorization: Bearer` from now on. The one that was shown is worth nothing any more.
    access_token: String,
    /// Until when it is good.
    access_expires_at: Timestamp,
}

/// 201 with the session. The tokens are cookies, or stand in the body.
pub(crate) async fn signed_in(state: &ApiState, done: SignedIn, in_body: bool) -> Result<Response> {
    let (access, refresh) = (done.access.token.expose_secret(), done.refresh_token.expose_secret());
    let caller = state.engine.people().authenticate_access(access).await?;
    let csrf_token = state.engine.people().csrf_token(&caller).await?;
    let tokens = in_body.then(|| Tokens {
        access_token: access.to_owned(),
        access_expires_at: done.access.expires_at,
        refresh_token: refresh.to_owned(),
    });
    let csrf_token = csrf_token.expose_secret().to_owned();
    let expires_at = done.session_expires_at;
    let begun = Begun { user: done.user, expires_at, csrf_token, tokens };
    let mut response = (StatusCode::CREATED, Json(begun)).into_response();
    if !in_body {
        // From now on: the browser's clock may be another one.
        let left = expires_at.0.saturating_sub(state.engine.people().now()).try_into().unwrap_or(0);
        let kept = if done.remembered { Kept::For(Duration::from_millis(left)) } else { Kept::WhileOpen };
        state.cookies.set_access(response.headers_mut(), access)?;
        state.cookies.set_refresh(response.headers_mut(), refresh, kept)?;
    }
    Ok(response)
}

/// 200 with the next access token, which goes where the one that was shown came from.
pub(crate) fn granted(state: &ApiState, grant: &AccessGrant, by_cookie: bool) -> Result<Response> {
    let access = grant.token.expose_secret();
    if by_cookie {
        let mut response = StatusCode::NO_CONTENT.into_response();
        state.cookies.set_access(response.headers_mut(), access)?;
        return Ok(response);
    }
    let next = NextAccess { access_token: access.to_owned(), access_expires_at: grant.expires_at };
    Ok(Json(next).into_response())
}
