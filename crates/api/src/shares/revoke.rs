//! `DELETE …/shares/{share}`.

use axum::extract::State;
use domain::ids::ShareId;
use http::StatusCode;

use crate::extract::{By, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// Take a share back
///
/// From now on nobody reads by it.
#[utoipa::path(delete, path = "/api/v1/workspaces/{ws}/shares/{share}", tag = "shares",
    responses((status = 204, description = "It is revoked.")))]
pub(crate) async fn revoke_share(
    State(state): State<ApiState>,
    By(caller): By,
    Path((ws, share)): Path<(String, ShareId)>,
) -> Result<StatusCode> {
    let workspace = state.workspace(&ws).await?;
    state.engine.revoke_share(&caller, workspace, share).await?;
    Ok(StatusCode::NO_CONTENT)
}
