//! `GET …/runs/{run}`.

use axum::extract::State;
use domain::ids::RunId;
use engine::runs::Run;

use crate::extract::{Json, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// Read a run
///
/// Follow its events from `event_number`, and nothing is missed.
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/runs/{run}", tag = "runs",
    responses((status = 200, body = Run)))]
pub(crate) async fn get_run(
    State(state): State<ApiState>,
    Path((ws, run)): Path<(String, RunId)>,
) -> Result<Json<Run>> {
    let workspace = state.workspace(&ws).await?;
    Ok(Json(state.engine.run(workspace, run).await?))
}
