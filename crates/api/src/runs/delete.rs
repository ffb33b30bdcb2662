//! `DELETE …/runs/{run}`.

use axum::extract::State;
use domain::ids::RunId;
use http::StatusCode;

use crate::extract::{By, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// Delete a run
///
/// It is gone at once, with all its results; its number is not given again. A run that is not there is deleted
/// already. 409 for a run that has open cells, or is kept.
#[utoipa::path(delete, path = "/api/v1/workspaces/{ws}/runs/{run}", tag = "runs",
    responses((status = 204, description = "The run is gone.")))]
pub(crate) async fn delete_run(
    State(state): State<ApiState>,
    By(caller): By,
    Path((ws, run)): Path<(String, RunId)>,
) -> Result<StatusCode> {
    let workspace = state.workspace(&ws).await?;
    state.engine.delete_run(&caller, workspace, run).await?;
    Ok(StatusCode::NO_CONTENT)
}
