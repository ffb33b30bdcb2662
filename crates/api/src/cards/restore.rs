//! `POST …/cards/{slug}/restore`.

use axum::extract::State;
use engine::cards::Card;

use crate::extract::{By, Path};
use crate::problem::Result;
use crate::reply::Tagged;
use crate::state::ApiState;

/// Bring an archived card back
#[utoipa::path(post, path = "/api/v1/workspaces/{ws}/cards/{slug}/restore", tag = "cards",
    responses((status = 200, body = Card, headers(("ETag" = String)))))]
pub(crate) async fn restore_card(
    State(state): State<ApiState>,
    By(caller): By,
    Path((ws, slug)): Path<(String, String)>,
) -> Result<Tagged<Card>> {
    let workspace = state.workspace(&ws).await?;
    Ok(Tagged(state.engine.restore_card(&caller, workspace, slug).await?))
}
