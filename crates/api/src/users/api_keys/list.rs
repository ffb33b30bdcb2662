//! `GET /api/v1/users/{user}/api-keys`.

use axum::extract::State;
use domain::ids::UserId;
use engine::people::ApiKey;

use crate::extract::{Json, Path};
use crate::problem::Result;
use crate::reply::Page;
use crate::state::ApiState;

/// List the API keys of an account
#[utoipa::path(get, path = "/api/v1/users/{user}/api-keys", tag = "people",
    responses((status = 200, body = Page<ApiKey>)))]
pub(crate) async fn list_api_keys_of_user(
    State(state): State<ApiState>,
    Path(user): Path<UserId>,
) -> Result<Json<Page<ApiKey>>> {
    Ok(Json(Page::whole(state.engine.people().api_keys_of_user(user).await?)))
}
