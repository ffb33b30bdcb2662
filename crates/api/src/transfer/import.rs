//! `POST …/import`.

use axum::extract::State;
use engine::transfer::{ImportCards, ImportedCards};

use crate::extract::{By, Create, IdempotencyHeader, Path};
use crate::problem::Result;
use crate::reply::Created;
use crate::state::ApiState;

/// Largest import: 32 MiB.
const LIMIT: usize = 32 * 1024 * 1024;

/// Import files of cards, all or none
///
/// Each file is YAML as an export writes it; together they have at most 32 MiB and 5,000 cards. What is wrong in them is
/// named with its file and its path, and nothing is imported. The cards appear at once. If one is there already, nothing
/// is imported, unless `replace` says so: then cards change one after the other, labels last, and if that is cut short,
/// the same import once more completes it.
#[utoipa::path(post, path = "/api/v1/workspaces/{ws}/import", tag = "cards", params(IdempotencyHeader),
    request_body = ImportCards,
    responses((status = 201, body = ImportedCards, headers(("Location" = String)))))]
pub(crate) async fn import_cards(
    State(state): State<ApiState>,
    By(caller): By,
    Path(ws): Path<String>,
    Create { body, idempotency }: Create<ImportCards, LIMIT>,
) -> Result<Created<ImportedCards>> {
    let workspace = state.workspace(&ws).await?;
    let created = state.engine.import_cards(&caller, workspace, body, idempotency).await?;
    Ok(Created {
        location: format!("/api/v1/workspaces/{ws}/cards"),
        revision: None,
        replayed: created.replayed,
        body: created.value,
    })
}
