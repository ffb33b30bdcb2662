//! `GET …/cards/{slug}`.

use axum::extract::State;
use engine::cards::Card;

use crate::extract::Path;
use crate::problem::Result;
use crate::reply::Tagged;
use crate::state::ApiState;

/// Read a card
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/cards/{slug}", tag = "cards",
    responses((status = 200, body = Card, headers(("ETag" = String)))))]
pub(crate) async fn get_card(
    State(state): State<ApiState>,
    Path((ws, slug)): Path<(String, String)>,
) -> Result<Tagged<Card>> {
    let workspace = state.workspace(&ws).await?;
    Ok(Tagged(state.engine.card(workspace, slug).await?))
}
