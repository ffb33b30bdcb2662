//! `POST …/runs/estimate`.

use axum::extract::State;
use domain::run::RunRequest;
use engine::runs::Estimate;

use crate::extract::{Json, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// Say what a run would be
///
/// Nothing is stored, no model is asked for an answer. What stands in the way of a start is in `problems`.
#[utoipa::path(post, path = "/api/v1/workspaces/{ws}/runs/estimate", tag = "runs", request_body = RunRequest,
    responses((status = 200, body = Estimate)))]
pub(crate) async fn estimate_run(
    State(state): State<ApiState>,
    Path(ws): Path<String>,
    Json(request): Json<RunRequest>,
) -> Result<Json<Estimate>> {
    let workspace = state.workspace(&ws).await?;
    Ok(Json(state.engine.estimate_run(workspace, request).await?))
}
