//! `POST …/providers/{provider}/diagnose`.

use axum::extract::State;
use domain::ids::ProviderId;
use engine::models::Diagnosis;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::extract::{Json, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// What to look for beside the server itself.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DiagnoseRequest {
    /// A model that the server should have.
    #[serde(default)]
    #[garde(inner(length(chars, min = 1, max = 200)))]
    #[schema(min_length = 1, max_length = 200)]
    model: Option<String>,
}

/// Find out why a model server cannot be reached
///
/// Asks the configured address, and then where such an address is usually wrong: path, kind, scheme, loopback
/// address, port, the machine around a container. It looks nowhere else, sends the key to the configured server alone,
/// and changes nothing.
#[utoipa::path(post, path = "/api/v1/workspaces/{ws}/providers/{provider}/diagnose", tag = "models",
    request_body = DiagnoseRequest,
    responses((status = 200, body = Diagnosis)))]
pub(crate) async fn diagnose_provider(
    State(state): State<ApiState>,
    Path((ws, provider)): Path<(String, ProviderId)>,
    Json(request): Json<DiagnoseRequest>,
) -> Result<Json<Diagnosis>> {
    let workspace = state.workspace(&ws).await?;
    Ok(Json(state.engine.diagnose(workspace, provider, request.model.as_deref()).await?))
}
