//! `POST …/runs/{run}/retry-errors`.

use axum::extract::State;
use domain::ids::RunId;
use engine::runs::Run;

use crate::extract::{By, Json, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// Ask the cells again whose verdict is `error`
///
/// No other cell is asked again.
#[utoipa::path(post, path = "/api/v1/workspaces/{ws}/runs/{run}/retry-errors", tag = "runs",
    responses((status = 200, body = Run)))]
pub(crate) async fn retry_run_errors(
    State(state): State<ApiState>,
    By(caller): By,
    Path((ws, run)): Path<(String, RunId)>,
) -> Result<Json<Run>> {
    let workspace = state.workspace(&ws).await?;
    Ok(Json(state.engine.retry_errors(&caller, workspace, run).await?))
}
