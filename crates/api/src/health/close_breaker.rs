//! `POST /api/v1/health/{dependency}/breaker/close`.

use axum::extract::State;
use engine::health::{BreakerReason, BreakerView};

use crate::extract::{By, Json, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// Let calls to a model server or to Redis pass again
///
/// Whatever stopped them. Three failures in a row open the breaker again.
#[utoipa::path(post, path = "/api/v1/health/{dependency}/breaker/close", tag = "health", request_body = BreakerReason,
    responses((status = 200, body = BreakerView)))]
pub(crate) async fn close_breaker(
    State(state): State<ApiState>,
    Path(dependency): Path<String>,
    By(caller): By,
    Json(why): Json<BreakerReason>,
) -> Result<Json<BreakerView>> {
    Ok(Json(state.engine.close_breaker(&caller, &dependency, why).await?))
}
