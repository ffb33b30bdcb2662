//! `DELETE …/providers/{provider}`.

use axum::extract::State;
use domain::ids::ProviderId;
use http::StatusCode;

use crate::extract::{By, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// Remove a provider
///
/// Runs that used it keep what they have. 409 if the configuration names it, or a run uses it that has not ended.
#[utoipa::path(delete, path = "/api/v1/workspaces/{ws}/providers/{provider}", tag = "providers",
    responses((status = 204, description = "It is gone, and its key with it.")))]
pub(crate) async fn remove_provider(
    State(state): State<ApiState>,
    By(caller): By,
    Path((ws, provider)): Path<(String, ProviderId)>,
) -> Result<StatusCode> {
    let workspace = state.workspace(&ws).await?;
    state.engine.remove_provider(&caller, workspace, provider).await?;
    Ok(StatusCode::NO_CONTENT)
}
