//! `POST …/runs/{run}/cancel`.

use axum::extract::State;
use domain::ids::RunId;
use engine::runs::Run;

use crate::extract::{By, Json, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// Stop a run for good
///
/// Its model calls are aborted; what has finished is kept.
#[utoipa::path(post, path = "/api/v1/workspaces/{ws}/runs/{run}/cancel", tag = "runs",
    responses((status = 200, body = Run)))]
pub(crate) async fn cancel_run(
    State(state): State<ApiState>,
    By(caller): By,
    Path((ws, run)): Path<(String, RunId)>,
) -> Result<Json<Run>> {
    let workspace = state.workspace(&ws).await?;
    Ok(Json(state.engine.cancel_run(&caller, workspace, run).await?))
}
