//! `DELETE /api/v1/users/{user}/sessions`.

use axum::extract::State;
use domain::ids::UserId;
use http::StatusCode;

use crate::extract::{By, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// End every session of an account
#[utoipa::path(delete, path = "/api/v1/users/{user}/sessions", tag = "people",
    responses((status = 204, description = "They have ended.")))]
pub(crate) async fn end_sessions_of_user(
    State(state): State<ApiState>,
    By(caller): By,
    Path(user): Path<UserId>,
) -> Result<StatusCode> {
    state.engine.people().end_sessions_of_user(&caller, user).await?;
    Ok(StatusCode::NO_CONTENT)
}
