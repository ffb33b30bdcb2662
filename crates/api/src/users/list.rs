//! `GET /api/v1/users`.

use axum::extract::State;
use domain::ids::UserId;
use engine::people::Account;

use crate::extract::{Json, PageQuery, Query};
use crate::problem::Result;
use crate::reply::Page;
use crate::state::ApiState;

/// List accounts
///
/// In the order in which they were made.
#[utoipa::path(get, path = "/api/v1/users", tag = "people", params(PageQuery),
    responses((status = 200, body = Page<Account>)))]
pub(crate) async fn list_users(
    State(state): State<ApiState>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Account>>> {
    let after: Option<UserId> = query.after()?;
    let users = state.engine.people().users(after, query.limit.and_one()).await?;
    Ok(Json(Page::of(users, query.limit, |user| user.id)?))
}
