//! `GET …/cards/{slug}`.

use axum::extract::State;
use engine::cards::Card;
use http::Uri;

use super::answers::Answer;
use crate::extract::Path;
use crate::problem::Result;
use crate::state::ApiState;

/// Read a card
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/cards/{slug}", tag = "cards",
    responses((status = 200, body = Card, headers(("ETag" = String)))))]
pub(crate) async fn get_card(
    State(state): State<ApiState>,
    Path((ws, slug)): Path<(String, String)>,
    address: Uri,
) -> Result<Answer> {
    let workspace = state.workspace(&ws).await?;
    let read = async {
        let card = state.engine.card(workspace, slug).await?;
        Ok(Answer::of(&card.value)?.of_revision(card.revision))
    };
    state.card_answers.at(&address, state.engine.card_state(), read).await
}
