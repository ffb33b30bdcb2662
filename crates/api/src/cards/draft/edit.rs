//! `PUT …/cards/{slug}/draft`.

use axum::extract::State;
use engine::cards::{Draft, EditDraft};

use crate::extract::{By, IfMatch, Json, Path};
use crate::problem::Result;
use crate::reply::Tagged;
use crate::state::ApiState;

/// Keep a draft
///
/// A template that does not parse is kept; it cannot be saved as a version.
#[utoipa::path(put, path = "/api/v1/workspaces/{ws}/cards/{slug}/draft", tag = "cards", params(IfMatch),
    request_body = EditDraft, responses((status = 200, body = Draft, headers(("ETag" = String)))))]
pub(crate) async fn edit_draft(
    State(state): State<ApiState>,
    By(caller): By,
    Path((ws, slug)): Path<(String, String)>,
    IfMatch(revision): IfMatch,
    Json(edit): Json<EditDraft>,
) -> Result<Tagged<Draft>> {
    let workspace = state.workspace(&ws).await?;
    Ok(Tagged(state.engine.edit_draft(&caller, workspace, slug, revision, edit).await?))
}
