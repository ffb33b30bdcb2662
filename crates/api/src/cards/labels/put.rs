//! `PUT …/cards/{slug}/labels/{label}`.

use axum::extract::State;
use engine::cards::{Label, MoveLabel};

use crate::extract::{By, Json, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// Point a label to a version
///
/// The label is made if there is none. Moving it is deployment, moving it back is rollback; every move is kept.
#[utoipa::path(put, path = "/api/v1/workspaces/{ws}/cards/{slug}/labels/{label}", tag = "cards",
    request_body = MoveLabel, responses((status = 200, body = Label)))]
pub(crate) async fn move_label(
    State(state): State<ApiState>,
    By(caller): By,
    Path((ws, slug, label)): Path<(String, String, String)>,
    Json(to): Json<MoveLabel>,
) -> Result<Json<Label>> {
    let workspace = state.workspace(&ws).await?;
    Ok(Json(state.engine.move_label(&caller, workspace, slug, label, to).await?))
}
