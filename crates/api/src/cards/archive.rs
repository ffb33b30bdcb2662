//! `POST …/cards/{slug}/archive`.

use axum::extract::State;
use engine::cards::Card;

use crate::extract::{By, Path};
use crate::problem::Result;
use crate::reply::Tagged;
use crate::state::ApiState;

/// Archive a card
///
/// It leaves the lists. Its versions and runs stay, and its labels go on serving.
#[utoipa::path(post, path = "/api/v1/workspaces/{ws}/cards/{slug}/archive", tag = "cards",
    responses((status = 200, body = Card, headers(("ETag" = String)))))]
pub(crate) async fn archive_card(
    State(state): State<ApiState>,
    By(caller): By,
    Path((ws, slug)): Path<(String, String)>,
) -> Result<Tagged<Card>> {
    let workspace = state.workspace(&ws).await?;
    Ok(Tagged(state.engine.archive_card(&caller, workspace, slug).await?))
}
