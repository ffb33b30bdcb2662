//! `GET /api/v1/account/api-keys`.

use axum::extract::State;
use engine::people::ApiKey;

use crate::extract::{By, Json};
use crate::problem::Result;
use crate::reply::Page;
use crate::state::ApiState;

/// List one's own API keys
///
/// The newest first, those that have ended too.
#[utoipa::path(get, path = "/api/v1/account/api-keys", tag = "people",
    responses((status = 200, body = Page<ApiKey>)))]
pub(crate) async fn list_own_api_keys(
    State(state): State<ApiState>,
    By(caller): By,
) -> Result<Json<Page<ApiKey>>> {
    Ok(Json(Page::whole(state.engine.people().api_keys(&caller).await?)))
}
