//! `POST /api/v1/workspaces/{ws}/entry`.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use engine::people::{EnterWorkspace, Member};
use http::StatusCode;

use crate::extract::{AUTH_LIMIT, By, Json, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// Enter a workspace as an admin
///
/// An admin who is no member may look around for an hour. The owners of the workspace see that, and why.
#[utoipa::path(post, path = "/api/v1/workspaces/{ws}/entry", tag = "people", request_body = EnterWorkspace,
    responses((status = 201, body = Member)))]
pub(crate) async fn enter_workspace(
    State(state): State<ApiState>,
    By(caller): By,
    Path(ws): Path<String>,
    Json(enter): Json<EnterWorkspace, AUTH_LIMIT>,
) -> Result<Response> {
    let workspace = state.workspace(&ws).await?;
    let member = state.engine.people().enter_workspace(&caller, workspace, enter).await?;
    Ok((StatusCode::CREATED, Json(member)).into_response())
}
