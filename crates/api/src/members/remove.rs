//! `DELETE …/members/{user}`.

use axum::extract::State;
use domain::ids::UserId;
use http::StatusCode;

use crate::extract::{By, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// End a membership
///
/// A workspace keeps at least one owner.
#[utoipa::path(delete, path = "/api/v1/workspaces/{ws}/members/{user}", tag = "people",
    responses((status = 204, description = "The account is no member any more.")))]
pub(crate) async fn remove_member(
    State(state): State<ApiState>,
    By(caller): By,
    Path((ws, user)): Path<(String, UserId)>,
) -> Result<StatusCode> {
    let workspace = state.workspace(&ws).await?;
    state.engine.people().remove_member(&caller, workspace, user).await?;
    Ok(StatusCode::NO_CONTENT)
}
