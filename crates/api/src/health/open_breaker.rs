//! `POST /api/v1/health/{dependency}/breaker/open`.

use axum::extract::State;
use engine::health::{BreakerReason, BreakerView};

use crate::extract::{By, Json, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// Stop all calls to a model server or to Redis
///
/// Its breaker stays open until it is closed by hand. Calls that are under way end; cells that have not begun wait, as
/// long as `runs.provider_wait_ms` says. Each instance of the server has breakers of its own.
#[utoipa::path(post, path = "/api/v1/health/{dependency}/breaker/open", tag = "health", request_body = BreakerReason,
    responses((status = 200, body = BreakerView)))]
pub(crate) async fn open_breaker(
    State(state): State<ApiState>,
    Path(dependency): Path<String>,
    By(caller): By,
    Json(why): Json<BreakerReason>,
) -> Result<Json<BreakerView>> {
    Ok(Json(state.engine.open_breaker(&caller, &dependency, why).await?))
}
