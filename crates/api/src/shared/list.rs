//! `GET /api/v1/shared`.

use axum::extract::State;
use engine::shares::SharedItem;

use crate::extract::{By, Json, PageQuery, Query};
use crate::problem::Result;
use crate::reply::Page;
use crate::state::ApiState;

/// List what was shared with your account, the latest first
#[utoipa::path(get, path = "/api/v1/shared", tag = "shares", params(PageQuery),
    responses((status = 200, body = Page<SharedItem>)))]
pub(crate) async fn list_shared(
    State(state): State<ApiState>,
    By(caller): By,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<SharedItem>>> {
    let shared = state.engine.all_shared(&caller, page.after()?, page.limit.and_one()).await?;
    Page::of(shared, page.limit, |item| item.id).map(Json)
}
