//! `POST …/runs/{run}/resume`.

use axum::extract::State;
use domain::ids::RunId;
use engine::runs::Run;

use crate::extract::{By, Json, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// Go on with a paused run
#[utoipa::path(post, path = "/api/v1/workspaces/{ws}/runs/{run}/resume", tag = "runs",
    responses((status = 200, body = Run)))]
pub(crate) async fn resume_run(
    State(state): State<ApiState>,
    By(caller): By,
    Path((ws, run)): Path<(String, RunId)>,
) -> Result<Json<Run>> {
    let workspace = state.workspace(&ws).await?;
    Ok(Json(state.engine.resume_run(&caller, workspace, run).await?))
}
