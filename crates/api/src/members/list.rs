//! `GET …/members`.

use axum::extract::State;
use engine::people::Member;

use crate::extract::{Json, Path};
use crate::problem::Result;
use crate::reply::Page;
use crate::state::ApiState;

/// List the members of a workspace
///
/// By name; an admin who has entered is among them, with the reason.
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/members", tag = "people",
    responses((status = 200, body = Page<Member>)))]
pub(crate) async fn list_members(
    State(state): State<ApiState>,
    Path(ws): Path<String>,
) -> Result<Json<Page<Member>>> {
    let workspace = state.workspace(&ws).await?;
    Ok(Json(Page::whole(state.engine.people().members(workspace).await?)))
}
