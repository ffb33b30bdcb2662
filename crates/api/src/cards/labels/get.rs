//! `GET …/cards/{slug}/labels/{label}`: where an application fetches its prompt.

use axum::extract::State;
use axum::response::Response;
use engine::cards::LabelledVersion;

use crate::extract::{IfNoneMatch, Path};
use crate::problem::Result;
use crate::reply::unless_known;
use crate::state::ApiState;

/// Fetch the version that a label points to
///
/// Keep the ETag and send it as `If-None-Match`: while nothing has changed the answer is 304 without a body.
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/cards/{slug}/labels/{label}", tag = "cards",
    params(IfNoneMatch),
    responses((status = 200, body = LabelledVersion, headers(("ETag" = String))),
              (status = 304, description = "The reader has it already.")))]
pub(crate) async fn get_label(
    State(state): State<ApiState>,
    Path((ws, slug, label)): Path<(String, String, String)>,
    known: IfNoneMatch,
) -> Result<Response> {
    let workspace = state.workspace(&ws).await?;
    let labelled = state.engine.labelled_version(workspace, slug, label).await?;
    unless_known(&labelled.value, &known)
}
