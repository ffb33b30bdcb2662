//! `DELETE /api/v1/users/{user}/api-keys/{key}`.

use axum::extract::State;
use domain::ids::{ApiKeyId, UserId};
use http::StatusCode;

use crate::extract::{By, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// Revoke an API key of an account
#[utoipa::path(delete, path = "/api/v1/users/{user}/api-keys/{key}", tag = "people",
    responses((status = 204, description = "The key is refused from now on.")))]
pub(crate) async fn revoke_api_key_of_user(
    State(state): State<ApiState>,
    By(caller): By,
    Path((user, key)): Path<(UserId, ApiKeyId)>,
) -> Result<StatusCode> {
    state.engine.people().revoke_api_key_of_user(&caller, user, key).await?;
    Ok(StatusCode::NO_CONTENT)
}
