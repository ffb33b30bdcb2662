//! `GET …/providers/{provider}/models`.

use axum::extract::State;
use domain::ids::ProviderId;
use engine::models::ModelList;

use crate::extract::{Json, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// Ask a provider for its models
///
/// A provider that does not answer is no error of this request: the answer says what is wrong and what to do,
/// and lists the models that it had when it last answered.
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/providers/{provider}/models", tag = "models",
    responses((status = 200, body = ModelList)))]
pub(crate) async fn list_models(
    State(state): State<ApiState>,
    Path((ws, provider)): Path<(String, ProviderId)>,
) -> Result<Json<ModelList>> {
    let workspace = state.workspace(&ws).await?;
    Ok(Json(state.engine.models(workspace, provider).await?))
}
