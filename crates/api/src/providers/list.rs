//! `GET …/providers`.

use axum::extract::State;
use engine::providers::Provider;

use crate::extract::{Json, Path};
use crate::problem::Result;
use crate::reply::Page;
use crate::state::ApiState;

/// List the providers of a workspace, by name
///
/// Those that the configuration of the server names, which every workspace has, and those that were added to this one.
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/providers", tag = "providers",
    responses((status = 200, body = Page<Provider>)))]
pub(crate) async fn list_providers(
    State(state): State<ApiState>,
    Path(ws): Path<String>,
) -> Result<Json<Page<Provider>>> {
    let workspace = state.workspace(&ws).await?;
    Ok(Json(Page::whole(state.engine.providers(workspace).await?)))
}
