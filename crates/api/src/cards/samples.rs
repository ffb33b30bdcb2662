//! `POST …/samples`.

use axum::extract::State;
use engine::cards::LoadedSamples;

use crate::extract::{By, Json, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// Add the sample cards that are not there yet
///
/// A dozen cards, each with a first version and its cases; all or none.
#[utoipa::path(post, path = "/api/v1/workspaces/{ws}/samples", tag = "cards",
    responses((status = 200, body = LoadedSamples)))]
pub(crate) async fn load_samples(
    State(state): State<ApiState>,
    By(caller): By,
    Path(ws): Path<String>,
) -> Result<Json<LoadedSamples>> {
    let workspace = state.workspace(&ws).await?;
    Ok(Json(state.engine.load_samples(&caller, workspace).await?))
}
