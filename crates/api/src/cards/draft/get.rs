//! `GET …/cards/{slug}/draft`.

use axum::extract::State;
use engine::cards::Draft;

use crate::extract::Path;
use crate::problem::Result;
use crate::reply::Tagged;
use crate::state::ApiState;

/// Read the draft of a card
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/cards/{slug}/draft", tag = "cards",
    responses((status = 200, body = Draft, headers(("ETag" = String)))))]
pub(crate) async fn get_draft(
    State(state): State<ApiState>,
    Path((ws, slug)): Path<(String, String)>,
) -> Result<Tagged<Draft>> {
    let workspace = state.workspace(&ws).await?;
    Ok(Tagged(state.engine.draft(workspace, slug).await?))
}
