//! `DELETE …/providers/{provider}/models/{model}`.

use axum::extract::State;
use domain::ids::ProviderId;
use engine::models::DeletedModel;

use crate::extract::{By, Json, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// Delete a model from its server
///
/// Only Ollama does it. 409 while a run that has not ended uses the model, or it is being pulled; 404 if it is not
/// there. A `/` in its name is written as `%2F`.
#[utoipa::path(delete, path = "/api/v1/workspaces/{ws}/providers/{provider}/models/{model}", tag = "models",
    responses((status = 200, body = DeletedModel)))]
pub(crate) async fn delete_model(
    State(state): State<ApiState>,
    By(caller): By,
    Path((ws, provider, model)): Path<(String, ProviderId, String)>,
) -> Result<Json<DeletedModel>> {
    let workspace = state.workspace(&ws).await?;
    Ok(Json(state.engine.delete_model(&caller, workspace, provider, &model).await?))
}
