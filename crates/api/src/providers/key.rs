//! `PUT` and `DELETE …/providers/{provider}/key`: the key of a model server, which can be written and never read.

use axum::extract::State;
use domain::ids::ProviderId;
use engine::providers::Provider;
use garde::Validate;
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::extract::{By, Json, Path};
use crate::problem::Result;
use crate::reply::Tagged;
use crate::state::ApiState;

/// The key of a model server.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProviderKey {
    /// The key itself.
    #[garde(skip)]
    #[schema(value_type = String, write_only, min_length = 1, max_length = 4000)]
    key: SecretString,
}

/// Give a provider its key
///
/// It is kept sealed and sent to the endpoint that the provider has now, and to no other. Runs that are under way use
/// it from their next call on.
#[utoipa::path(put, path = "/api/v1/workspaces/{ws}/providers/{provider}/key", tag = "providers",
    request_body = ProviderKey, responses((status = 200, body = Provider, headers(("ETag" = String)))))]
pub(crate) async fn set_provider_key(
    State(state): State<ApiState>,
    By(caller): By,
    Path((ws, provider)): Path<(String, ProviderId)>,
    Json(given): Json<ProviderKey>,
) -> Result<Tagged<Provider>> {
    let workspace = state.workspace(&ws).await?;
    Ok(Tagged(state.engine.set_provider_key(&caller, workspace, provider, Some(given.key)).await?))
}

/// Take a provider's key away
#[utoipa::path(delete, path = "/api/v1/workspaces/{ws}/providers/{provider}/key", tag = "providers",
    responses((status = 200, body = Provider, headers(("ETag" = String)))))]
pub(crate) async fn clear_provider_key(
    State(state): State<ApiState>,
    By(caller): By,
    Path((ws, provider)): Path<(String, ProviderId)>,
) -> Result<Tagged<Provider>> {
    let workspace = state.workspace(&ws).await?;
    Ok(Tagged(state.engine.set_provider_key(&caller, workspace, provider, None).await?))
}
