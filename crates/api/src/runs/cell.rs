//! `GET …/runs/{run}/cells/{position}`.

use axum::extract::State;
use domain::ids::RunId;
use engine::runs::CellView;

use crate::extract::{Json, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// Read a cell with everything that is known of it
///
/// The prompt as it was sent, the answer byte for byte, what each assertion found, every call.
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/runs/{run}/cells/{position}", tag = "runs",
    responses((status = 200, body = CellView)))]
pub(crate) async fn get_cell(
    State(state): State<ApiState>,
    Path((ws, run, position)): Path<(String, RunId, i64)>,
) -> Result<Json<CellView>> {
    let workspace = state.workspace(&ws).await?;
    Ok(Json(state.engine.cell(workspace, run, position).await?))
}
