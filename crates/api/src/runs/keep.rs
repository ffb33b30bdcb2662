//! `PUT …/runs/{run}/keep`.

use axum::extract::State;
use domain::ids::RunId;
use engine::runs::Run;

use crate::extract::{By, Json, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// Keep a run
///
/// Nothing removes it while it is kept: no age, no size and no `DELETE`.
#[utoipa::path(put, path = "/api/v1/workspaces/{ws}/runs/{run}/keep", tag = "runs",
    responses((status = 200, body = Run)))]
pub(crate) async fn keep_run(
    State(state): State<ApiState>,
    By(caller): By,
    Path((ws, run)): Path<(String, RunId)>,
) -> Result<Json<Run>> {
    let workspace = state.workspace(&ws).await?;
    Ok(Json(state.engine.keep_run(&caller, workspace, run, true).await?))
}
