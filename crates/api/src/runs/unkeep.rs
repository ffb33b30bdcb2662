//! `DELETE …/runs/{run}/keep`.

use axum::extract::State;
use domain::ids::RunId;
use engine::runs::Run;

use crate::extract::{By, Json, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// Keep a run no longer
///
/// It is left to the rules of retention again.
#[utoipa::path(delete, path = "/api/v1/workspaces/{ws}/runs/{run}/keep", tag = "runs",
    responses((status = 200, body = Run)))]
pub(crate) async fn unkeep_run(
    State(state): State<ApiState>,
    By(caller): By,
    Path((ws, run)): Path<(String, RunId)>,
) -> Result<Json<Run>> {
    let workspace = state.workspace(&ws).await?;
    Ok(Json(state.engine.keep_run(&caller, workspace, run, false).await?))
}
