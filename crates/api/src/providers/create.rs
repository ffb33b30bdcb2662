//! `POST …/providers`.

use axum::extract::State;
use engine::providers::{NewProvider, Provider};

use crate::extract::{By, Json, Path};
use crate::problem::Result;
use crate::reply::Created;
use crate::state::ApiState;

/// Add a model server to a workspace
///
/// Its address must be at an endpoint that the server may call: `…/endpoints` lists them. The key is kept sealed and
/// sent to that endpoint alone; no answer ever has it.
#[utoipa::path(post, path = "/api/v1/workspaces/{ws}/providers", tag = "providers", request_body = NewProvider,
    responses((status = 201, body = Provider, headers(("Location" = String), ("ETag" = String)))))]
pub(crate) async fn add_provider(
    State(state): State<ApiState>,
    By(caller): By,
    Path(ws): Path<String>,
    Json(new): Json<NewProvider>,
) -> Result<Created<Provider>> {
    let workspace = state.workspace(&ws).await?;
    let added = state.engine.add_provider(&caller, workspace, new).await?;
    Ok(Created {
        location: format!("/api/v1/workspaces/{ws}/providers/{}", added.value.id),
        revision: Some(added.revision),
        replayed: false,
        body: added.value,
    })
}
