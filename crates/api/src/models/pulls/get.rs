//! `GET …/providers/{provider}/pulls/{pull}`.

use axum::extract::State;
use domain::ids::{ProviderId, PullId};
use engine::models::Pull;

use crate::extract::{Json, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// Read a pull
///
/// 404 for one that a server before this one began: it ended with it.
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/providers/{provider}/pulls/{pull}", tag = "models",
    responses((status = 200, body = Pull)))]
pub(crate) async fn get_pull(
    State(state): State<ApiState>,
    Path((ws, provider, pull)): Path<(String, ProviderId, PullId)>,
) -> Result<Json<Pull>> {
    let workspace = state.workspace(&ws).await?;
    Ok(Json(state.engine.pull(workspace, provider, pull).await?))
}
