//! `GET …/cards/{slug}/versions/{number}`.

use axum::extract::State;
use engine::cards::Version;

use crate::extract::{Json, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// Read a version of a card
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/cards/{slug}/versions/{number}", tag = "cards",
    responses((status = 200, body = Version)))]
pub(crate) async fn get_version(
    State(state): State<ApiState>,
    Path((ws, slug, number)): Path<(String, String, i64)>,
) -> Result<Json<Version>> {
    let workspace = state.workspace(&ws).await?;
    Ok(Json(state.engine.version(workspace, slug, number).await?))
}
