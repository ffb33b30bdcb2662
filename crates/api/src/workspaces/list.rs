//! `GET /api/v1/workspaces`.

use axum::extract::State;
use engine::people::Workspace;

use crate::extract::{By, Json};
use crate::problem::Result;
use crate::reply::Page;
use crate::state::ApiState;

/// List workspaces
///
/// Those of which one is a member; for an admin, all there are.
#[utoipa::path(get, path = "/api/v1/workspaces", tag = "people", responses((status = 200, body = Page<Workspace>)))]
pub(crate) async fn list_workspaces(
    State(state): State<ApiState>,
    By(caller): By,
) -> Result<Json<Page<Workspace>>> {
    Ok(Json(Page::whole(state.engine.people().workspaces(&caller).await?)))
}
