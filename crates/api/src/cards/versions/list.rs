//! `GET …/cards/{slug}/versions`.

use axum::extract::State;
use engine::cards::VersionSummary;

use crate::extract::{Json, PageQuery, Path, Query};
use crate::problem::Result;
use crate::reply::Page;
use crate::state::ApiState;

/// List the versions of a card, newest first
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/cards/{slug}/versions", tag = "cards", params(PageQuery),
    responses((status = 200, body = Page<VersionSummary>)))]
pub(crate) async fn list_versions(
    State(state): State<ApiState>,
    Path((ws, slug)): Path<(String, String)>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<VersionSummary>>> {
    let workspace = state.workspace(&ws).await?;
    let versions = state.engine.versions(workspace, slug, page.after()?, page.limit.and_one()).await?;
    Page::of(versions, page.limit, |version| version.number).map(Json)
}
