//! `POST …/providers/{provider}/pulls/{pull}/cancel`.

use axum::extract::State;
use domain::ids::{ProviderId, PullId};
use engine::models::Pull;

use crate::extract::{By, Json, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// Cancel a pull
///
/// The model server stops, and keeps what came. 409 for a pull that was finished before.
#[utoipa::path(post, path = "/api/v1/workspaces/{ws}/providers/{provider}/pulls/{pull}/cancel", tag = "models",
    responses((status = 200, body = Pull)))]
pub(crate) async fn cancel_pull(
    State(state): State<ApiState>,
    By(caller): By,
    Path((ws, provider, pull)): Path<(String, ProviderId, PullId)>,
) -> Result<Json<Pull>> {
    let workspace = state.workspace(&ws).await?;
    Ok(Json(state.engine.cancel_pull(&caller, workspace, provider, pull).await?))
}
