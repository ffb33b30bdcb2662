//! `POST …/cards`.

use axum::extract::State;
use engine::cards::{Card, FIRST_REVISION, NewCard};

use crate::extract::{By, Create, IdempotencyHeader, Path};
use crate::problem::Result;
use crate::reply::Created;
use crate::state::ApiState;

/// Make a card
///
/// It gets a draft and a suite of its own.
#[utoipa::path(post, path = "/api/v1/workspaces/{ws}/cards", tag = "cards", params(IdempotencyHeader),
    request_body = NewCard,
    responses((status = 201, body = Card, headers(("Location" = String), ("ETag" = String)))))]
pub(crate) async fn create_card(
    State(state): State<ApiState>,
    By(caller): By,
    Path(ws): Path<String>,
    Create { body, idempotency }: Create<NewCard>,
) -> Result<Created<Card>> {
    let workspace = state.workspace(&ws).await?;
    let created = state.engine.create_card(&caller, workspace, body, idempotency).await?;
    Ok(Created {
        location: format!("/api/v1/workspaces/{ws}/cards/{}", created.value.slug),
        revision: Some(FIRST_REVISION),
        replayed: created.replayed,
        body: created.value,
    })
}
