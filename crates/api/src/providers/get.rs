//! `GET …/providers/{provider}`.

use axum::extract::State;
use domain::ids::ProviderId;
use engine::providers::Provider;

use crate::extract::Path;
use crate::problem::Result;
use crate::reply::Tagged;
use crate::state::ApiState;

/// Show a provider
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/providers/{provider}", tag = "providers",
    responses((status = 200, body = Provider, headers(("ETag" = String)))))]
pub(crate) async fn get_provider(
    State(state): State<ApiState>,
    Path((ws, provider)): Path<(String, ProviderId)>,
) -> Result<Tagged<Provider>> {
    let workspace = state.workspace(&ws).await?;
    Ok(Tagged(state.engine.provider(workspace, provider).await?))
}
