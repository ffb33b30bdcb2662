//! `PATCH …/cards/{slug}`.

use axum::extract::State;
use engine::cards::{Card, EditCard};

use crate::extract::{By, IfMatch, Json, Path};
use crate::problem::Result;
use crate::reply::Tagged;
use crate::state::ApiState;

/// Change what surrounds a card's content
///
/// Title, slug, description, folder, tags or suite; what is absent stays.
#[utoipa::path(patch, path = "/api/v1/workspaces/{ws}/cards/{slug}", tag = "cards", params(IfMatch),
    request_body = EditCard, responses((status = 200, body = Card, headers(("ETag" = String)))))]
pub(crate) async fn edit_card(
    State(state): State<ApiState>,
    By(caller): By,
    Path((ws, slug)): Path<(String, String)>,
    IfMatch(revision): IfMatch,
    Json(edit): Json<EditCard>,
) -> Result<Tagged<Card>> {
    let workspace = state.workspace(&ws).await?;
    Ok(Tagged(state.engine.edit_card(&caller, workspace, slug, revision, edit).await?))
}
