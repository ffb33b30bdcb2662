//! `POST …/cards/{slug}/duplicate`.

use axum::extract::State;
use engine::cards::{Card, DuplicateCard, FIRST_REVISION};

use crate::extract::{By, Create, IdempotencyHeader, Path};
use crate::problem::Result;
use crate::reply::Created;
use crate::state::ApiState;

/// Copy a card
///
/// The copy has the draft of the original, and a suite of its own with a copy of the cases; no versions.
#[utoipa::path(post, path = "/api/v1/workspaces/{ws}/cards/{slug}/duplicate", tag = "cards",
    params(IdempotencyHeader), request_body = DuplicateCard,
    responses((status = 201, body = Card, headers(("Location" = String), ("ETag" = String)))))]
pub(crate) async fn duplicate_card(
    State(state): State<ApiState>,
    By(caller): By,
    Path((ws, slug)): Path<(String, String)>,
    Create { body, idempotency }: Create<DuplicateCard>,
) -> Result<Created<Card>> {
    let workspace = state.workspace(&ws).await?;
    let created = state.engine.duplicate_card(&caller, workspace, slug, body, idempotency).await?;
    Ok(Created {
        location: format!("/api/v1/workspaces/{ws}/cards/{}", created.value.slug),
        revision: Some(FIRST_REVISION),
        replayed: created.replayed,
        body: created.value,
    })
}
