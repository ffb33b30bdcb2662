//! `PATCH /api/v1/workspaces/{ws}`.

use axum::extract::State;
use engine::people::EditWorkspace;
use http::StatusCode;

use crate::extract::{AUTH_LIMIT, By, Json, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// Rename a workspace
///
/// Its name for people; that in addresses never changes.
#[utoipa::path(patch, path = "/api/v1/workspaces/{ws}", tag = "people", request_body = EditWorkspace,
    responses((status = 204, description = "Renamed.")))]
pub(crate) async fn rename_workspace(
    State(state): State<ApiState>,
    By(caller): By,
    Path(ws): Path<String>,
    Json(edit): Json<EditWorkspace, AUTH_LIMIT>,
) -> Result<StatusCode> {
    let workspace = state.workspace(&ws).await?;
    state.engine.people().rename_workspace(&caller, workspace, edit).await?;
    Ok(StatusCode::NO_CONTENT)
}
