//! `GET …/suites`.

use axum::extract::State;
use engine::suites::Suite;

use crate::extract::{Json, PageQuery, Path, Query};
use crate::problem::Result;
use crate::reply::Page;
use crate::state::ApiState;

/// List suites, the oldest first
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/suites", tag = "suites", params(PageQuery),
    responses((status = 200, body = Page<Suite>)))]
pub(crate) async fn list_suites(
    State(state): State<ApiState>,
    Path(ws): Path<String>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<Suite>>> {
    let workspace = state.workspace(&ws).await?;
    let suites = state.engine.suites(workspace, page.after()?, page.limit.and_one()).await?;
    Page::of(suites, page.limit, |suite| suite.id).map(Json)
}
