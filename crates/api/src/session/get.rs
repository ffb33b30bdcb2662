//! `GET /api/v1/session`.

use axum::extract::State;
use engine::people::CurrentSession;

use crate::extract::{By, Json};
use crate::problem::Result;
use crate::state::ApiState;

/// Ask who is signed in
///
/// The account, the workspaces that are open to it, and how long the session goes on.
#[utoipa::path(get, path = "/api/v1/session", tag = "people", responses((status = 200, body = CurrentSession)))]
pub(crate) async fn get_session(
    State(state): State<ApiState>,
    By(caller): By,
) -> Result<Json<CurrentSession>> {
    Ok(Json(state.engine.people().current_session(&caller).await?))
}
