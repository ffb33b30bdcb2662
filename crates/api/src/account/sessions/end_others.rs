//! `DELETE /api/v1/account/sessions`.

use axum::extract::State;
use http::StatusCode;

use crate::extract::By;
use crate::problem::Result;
use crate::state::ApiState;

/// End every other session of one's own
#[utoipa::path(delete, path = "/api/v1/account/sessions", tag = "people",
    responses((status = 204, description = "All but the session of this request have ended.")))]
pub(crate) async fn end_other_own_sessions(
    State(state): State<ApiState>,
    By(caller): By,
) -> Result<StatusCode> {
    state.engine.people().end_other_sessions(&caller).await?;
    Ok(StatusCode::NO_CONTENT)
}
