//! `GET /api/v1/account/sessions`.

use axum::extract::State;
use engine::people::Session;

use crate::extract::{By, Json};
use crate::problem::Result;
use crate::reply::Page;
use crate::state::ApiState;

/// List one's own sessions
///
/// Those that have not ended, the newest first.
#[utoipa::path(get, path = "/api/v1/account/sessions", tag = "people",
    responses((status = 200, body = Page<Session>)))]
pub(crate) async fn list_own_sessions(
    State(state): State<ApiState>,
    By(caller): By,
) -> Result<Json<Page<Session>>> {
    Ok(Json(Page::whole(state.engine.people().sessions(&caller).await?)))
}
