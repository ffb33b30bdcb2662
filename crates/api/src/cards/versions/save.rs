//! `POST …/cards/{slug}/versions`.

use axum::extract::State;
use engine::cards::{SaveVersion, Version};

use crate::extract::{By, Create, IdempotencyHeader, IfMatch, Path};
use crate::problem::Result;
use crate::reply::Created;
use crate::state::ApiState;

/// Save the draft as the next version
///
/// `If-Match` is the ETag of the draft. A draft that equals the latest version is refused with `nothing_changed`.
#[utoipa::path(post, path = "/api/v1/workspaces/{ws}/cards/{slug}/versions", tag = "cards",
    params(IfMatch, IdempotencyHeader), request_body = SaveVersion,
    responses((status = 201, body = Version, headers(("Location" = String)))))]
pub(crate) async fn save_version(
    State(state): State<ApiState>,
    By(caller): By,
    Path((ws, slug)): Path<(String, String)>,
    IfMatch(revision): IfMatch,
    Create { body, idempotency }: Create<SaveVersion>,
) -> Result<Created<Version>> {
    let workspace = state.workspace(&ws).await?;
    let address = format!("/api/v1/workspaces/{ws}/cards/{slug}/versions");
    let created = state.engine.save_version(&caller, workspace, slug, revision, body, idempotency).await?;
    Ok(Created {
        location: format!("{address}/{}", created.value.summary.number),
        revision: None,
        replayed: created.replayed,
        body: created.value,
    })
}
