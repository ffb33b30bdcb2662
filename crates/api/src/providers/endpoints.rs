//! `GET …/endpoints`.

use axum::extract::State;
use engine::outbound::AllowedEndpoint;

use crate::extract::{Json, Path};
use crate::problem::Result;
use crate::reply::Page;
use crate::state::ApiState;

/// List the endpoints that providers of a workspace may have
///
/// They are those of the whole server: the configuration names some, admins add others.
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/endpoints", tag = "providers",
    responses((status = 200, body = Page<AllowedEndpoint>)))]
pub(crate) async fn list_endpoints_of_workspace(
    State(state): State<ApiState>,
    Path(ws): Path<String>,
) -> Result<Json<Page<AllowedEndpoint>>> {
    state.workspace(&ws).await?;
    Ok(Json(Page::whole(state.engine.allowed_endpoints().await?)))
}
