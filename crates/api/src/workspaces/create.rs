//! `POST /api/v1/workspaces`.

use axum::extract::State;
use engine::people::{NewWorkspace, Workspace};

use crate::extract::{AUTH_LIMIT, By, Json};
use crate::problem::Result;
use crate::reply::Created;
use crate::state::ApiState;

/// Make a workspace
///
/// Who makes it owns it.
#[utoipa::path(post, path = "/api/v1/workspaces", tag = "people", request_body = NewWorkspace,
    responses((status = 201, body = Workspace, headers(("Location" = String)))))]
pub(crate) async fn create_workspace(
    State(state): State<ApiState>,
    By(caller): By,
    Json(new): Json<NewWorkspace, AUTH_LIMIT>,
) -> Result<Created<Workspace>> {
    let made = state.engine.people().create_workspace(&caller, new).await?;
    let location = format!("/api/v1/workspaces/{}", made.slug);
    Ok(Created { location, revision: None, replayed: false, body: made })
}
