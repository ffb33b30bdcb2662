//! `GET /api/v1/health`: what the server depends on, one by one.

use axum::extract::State;
use engine::models::Health;

use crate::extract::Json;
use crate::state::ApiState;

/// Look at everything the server depends on
///
/// Always 200, whatever was found: `/readyz` is for programs that need a yes or no.
#[utoipa::path(get, path = "/api/v1/health", tag = "health", responses((status = 200, body = Health)))]
pub(crate) async fn get_health(State(state): State<ApiState>) -> Json<Health> {
    Json(state.engine.health().await)
}
