//! `GET …/cards/{slug}/labels/{label}/history`.

use axum::extract::State;
use engine::cards::LabelMove;

use crate::extract::{Json, PageQuery, Path, Query};
use crate::problem::Result;
use crate::reply::Page;
use crate::state::ApiState;

/// List the moves of a label, newest first
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/cards/{slug}/labels/{label}/history", tag = "cards",
    params(PageQuery), responses((status = 200, body = Page<LabelMove>)))]
pub(crate) async fn get_label_history(
    State(state): State<ApiState>,
    Path((ws, slug, label)): Path<(String, String, String)>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<LabelMove>>> {
    let workspace = state.workspace(&ws).await?;
    let moves =
        state.engine.label_history(workspace, slug, label, page.after()?, page.limit.and_one()).await?;
    Page::of(moves, page.limit, |moved| moved.id.clone()).map(Json)
}
