//! `POST …/templates/preview`.

use axum::extract::State;
use engine::cards::{Preview, PreviewRequest};

use crate::extract::{Json, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// Preview a content that is being edited
///
/// Says which variables it uses, what is wrong with it and what it renders to. Nothing is stored; a template that
/// does not parse is a problem in the answer, not an error.
#[utoipa::path(post, path = "/api/v1/workspaces/{ws}/templates/preview", tag = "cards",
    request_body = PreviewRequest, responses((status = 200, body = Preview)))]
pub(crate) async fn preview_template(
    State(state): State<ApiState>,
    Path(ws): Path<String>,
    Json(request): Json<PreviewRequest>,
) -> Result<Json<Preview>> {
    let workspace = state.workspace(&ws).await?;
    Ok(Json(state.engine.preview(workspace, request).await?))
}
