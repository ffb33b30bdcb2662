//! `DELETE /api/v1/account/api-keys/{key}`.

use axum::extract::State;
use domain::ids::ApiKeyId;
use http::StatusCode;

use crate::extract::{By, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// Revoke one of one's own API keys
#[utoipa::path(delete, path = "/api/v1/account/api-keys/{key}", tag = "people",
    responses((status = 204, description = "The key is refused from now on.")))]
pub(crate) async fn revoke_own_api_key(
    State(state): State<ApiState>,
    By(caller): By,
    Path(key): Path<ApiKeyId>,
) -> Result<StatusCode> {
    state.engine.people().revoke_api_key(&caller, key).await?;
    Ok(StatusCode::NO_CONTENT)
}
