//! `DELETE …/cards/{slug}/labels/{label}`.

use axum::extract::State;
use http::StatusCode;

use crate::extract::{By, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// Remove a label
///
/// Its moves are kept.
#[utoipa::path(delete, path = "/api/v1/workspaces/{ws}/cards/{slug}/labels/{label}", tag = "cards",
    responses((status = 204, description = "The label is gone.")))]
pub(crate) async fn remove_label(
    State(state): State<ApiState>,
    By(caller): By,
    Path((ws, slug, label)): Path<(String, String, String)>,
) -> Result<StatusCode> {
    let workspace = state.workspace(&ws).await?;
    state.engine.remove_label(&caller, workspace, slug, label).await?;
    Ok(StatusCode::NO_CONTENT)
}
