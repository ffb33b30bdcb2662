//! `GET …/providers`.

use axum::extract::State;
use engine::models::Provider;

use crate::extract::{Json, Path};
use crate::problem::Result;
use crate::reply::Page;
use crate::state::ApiState;

/// List the configured providers, by name
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/providers", tag = "models",
    responses((status = 200, body = Page<Provider>)))]
pub(crate) async fn list_providers(
    State(state): State<ApiState>,
    Path(ws): Path<String>,
) -> Result<Json<Page<Provider>>> {
    let workspace = state.workspace(&ws).await?;
    Ok(Json(Page::whole(state.engine.providers(workspace).await?)))
}
