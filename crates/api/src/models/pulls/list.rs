//! `GET …/providers/{provider}/pulls`.

use axum::extract::State;
use domain::ids::ProviderId;
use engine::models::Pull;

use crate::extract::{Json, Path};
use crate::problem::Result;
use crate::reply::Page;
use crate::state::ApiState;

/// List the pulls of a provider, the newest first
///
/// Those under way, and the last that have ended since this server was started.
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/providers/{provider}/pulls", tag = "models",
    responses((status = 200, body = Page<Pull>)))]
pub(crate) async fn list_pulls(
    State(state): State<ApiState>,
    Path((ws, provider)): Path<(String, ProviderId)>,
) -> Result<Json<Page<Pull>>> {
    let workspace = state.workspace(&ws).await?;
    Ok(Json(Page::whole(state.engine.pulls(workspace, provider).await?)))
}
