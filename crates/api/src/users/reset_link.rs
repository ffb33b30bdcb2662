//! `POST /api/v1/users/{user}/reset-link`.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::ids::UserId;
use http::StatusCode;

use super::OneTimeLink;
use crate::extract::{By, Json, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// Make a link by which an account gets a new password
///
/// It works once, for an hour; earlier ones are void. The password of now stays until then.
#[utoipa::path(post, path = "/api/v1/users/{user}/reset-link", tag = "people",
    responses((status = 201, body = OneTimeLink)))]
pub(crate) async fn create_reset_link(
    State(state): State<ApiState>,
    By(caller): By,
    Path(user): Path<UserId>,
) -> Result<Response> {
    let made = state.engine.people().reset_link(&caller, user).await?;
    Ok((StatusCode::CREATED, Json(OneTimeLink::of(&made, "/reset"))).into_response())
}
