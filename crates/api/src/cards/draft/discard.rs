//! `DELETE …/cards/{slug}/draft`.

use axum::extract::State;
use engine::cards::Draft;

use crate::extract::{By, IfMatch, Path};
use crate::problem::Result;
use crate::reply::Tagged;
use crate::state::ApiState;

/// Throw the draft away
///
/// It begins again from the latest version, which is what comes back.
#[utoipa::path(delete, path = "/api/v1/workspaces/{ws}/cards/{slug}/draft", tag = "cards", params(IfMatch),
    responses((status = 200, body = Draft, headers(("ETag" = String)))))]
pub(crate) async fn discard_draft(
    State(state): State<ApiState>,
    By(caller): By,
    Path((ws, slug)): Path<(String, String)>,
    IfMatch(revision): IfMatch,
) -> Result<Tagged<Draft>> {
    let workspace = state.workspace(&ws).await?;
    Ok(Tagged(state.engine.discard_draft(&caller, workspace, slug, revision).await?))
}
