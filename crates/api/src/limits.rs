//! `GET /api/v1/limits`: how the caller stands under every limit.

use axum::Extension;
use axum::extract::State;
use engine::limits::{StandingView, Subject};

use crate::extract::Json;
use crate::problem::Result;
use crate::state::ApiState;

/// Show your limits
///
/// How much the account may do, and how much of that is left.
#[utoipa::path(get, path = "/api/v1/limits", tag = "server", responses((status = 200, body = StandingView)))]
pub(crate) async fn get_limits(
    State(state): State<ApiState>,
    Extension(subject): Extension<Subject>,
) -> Result<Json<StandingView>> {
    Ok(Json(state.engine.limits().standing(subject).await))
}
