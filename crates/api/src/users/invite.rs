//! `POST /api/v1/users/invitations`.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use engine::people::Invite;
use http::StatusCode;

use super::OneTimeLink;
use crate::extract::{AUTH_LIMIT, By, Json};
use crate::problem::Result;
use crate::state::ApiState;

/// Invite somebody
///
/// The link works once, for seven days. Nothing is sent: hand it over.
#[utoipa::path(post, path = "/api/v1/users/invitations", tag = "people", request_body = Invite,
    responses((status = 201, body = OneTimeLink)))]
pub(crate) async fn invite_user(
    State(state): State<ApiState>,
    By(caller): By,
    Json(invite): Json<Invite, AUTH_LIMIT>,
) -> Result<Response> {
    let made = state.engine.people().invite(&caller, invite).await?;
    Ok((StatusCode::CREATED, Json(OneTimeLink::of(&made, "/invitation"))).into_response())
}
