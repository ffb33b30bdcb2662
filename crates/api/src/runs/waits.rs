//! `GET …/runs/{run}/waits`: which model servers a run waits for.

use axum::extract::State;
use domain::ids::RunId;
use engine::runs::ProviderWaits;

use crate::extract::{Json, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// Look what a run waits for
///
/// The model servers that are left alone because they failed several times in a row. Cells for them wait, and go on by
/// themselves; the stream of the run says the same as `provider_waits`. Each instance of the server says what it sees.
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/runs/{run}/waits", tag = "runs",
    responses((status = 200, body = ProviderWaits)))]
pub(crate) async fn get_run_waits(
    State(state): State<ApiState>,
    Path((ws, run)): Path<(String, RunId)>,
) -> Result<Json<ProviderWaits>> {
    let workspace = state.workspace(&ws).await?;
    Ok(Json(state.engine.run_waits(workspace, run).await?))
}
