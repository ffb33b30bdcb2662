//! `POST …/cards/{slug}/render`.

use axum::extract::State;
use engine::cards::{RenderRequest, Rendered};

use crate::extract::{Json, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// Render a version of a card
///
/// Neither version nor label: the latest version.
#[utoipa::path(post, path = "/api/v1/workspaces/{ws}/cards/{slug}/render", tag = "cards",
    request_body = RenderRequest, responses((status = 200, body = Rendered)))]
pub(crate) async fn render_card(
    State(state): State<ApiState>,
    Path((ws, slug)): Path<(String, String)>,
    Json(request): Json<RenderRequest>,
) -> Result<Json<Rendered>> {
    let workspace = state.workspace(&ws).await?;
    Ok(Json(state.engine.render_card(workspace, slug, request).await?))
}
