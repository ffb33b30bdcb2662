//! `POST …/runs/{run}/pause`.

use axum::extract::State;
use domain::ids::RunId;
use engine::runs::Run;

use crate::extract::{By, Json, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// Pause a run
///
/// No further cell is begun; those under way end and are stored.
#[utoipa::path(post, path = "/api/v1/workspaces/{ws}/runs/{run}/pause", tag = "runs",
    responses((status = 200, body = Run)))]
pub(crate) async fn pause_run(
    State(state): State<ApiState>,
    By(caller): By,
    Path((ws, run)): Path<(String, RunId)>,
) -> Result<Json<Run>> {
    let workspace = state.workspace(&ws).await?;
    Ok(Json(state.engine.pause_run(&caller, workspace, run).await?))
}
