//! `GET …/cards/{slug}/labels`.

use axum::extract::State;
use engine::cards::Label;

use crate::extract::{Json, Path};
use crate::problem::Result;
use crate::reply::Page;
use crate::state::ApiState;

/// List the labels of a card, by name
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/cards/{slug}/labels", tag = "cards",
    responses((status = 200, body = Page<Label>)))]
pub(crate) async fn list_labels(
    State(state): State<ApiState>,
    Path((ws, slug)): Path<(String, String)>,
) -> Result<Json<Page<Label>>> {
    let workspace = state.workspace(&ws).await?;
    Ok(Json(Page::whole(state.engine.labels(workspace, slug).await?)))
}
