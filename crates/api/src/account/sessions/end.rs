//! `DELETE /api/v1/account/sessions/{session}`.

use axum::extract::State;
use domain::ids::SessionId;
use http::StatusCode;

use crate::extract::{By, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// End one of one's own sessions
#[utoipa::path(delete, path = "/api/v1/account/sessions/{session}", tag = "people",
    responses((status = 204, description = "The session has ended.")))]
pub(crate) async fn end_own_session(
    State(state): State<ApiState>,
    By(caller): By,
    Path(session): Path<SessionId>,
) -> Result<StatusCode> {
    state.engine.people().end_session(&caller, session).await?;
    Ok(StatusCode::NO_CONTENT)
}
