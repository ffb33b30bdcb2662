//! `GET /api/v1/health`: what the server depends on, one by one.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use engine::health::Health;
use http::HeaderValue;
use http::header::CONTENT_TYPE;

use crate::extract::Json;
use crate::state::ApiState;

/// Look at everything the server depends on
///
/// Always 200, whatever was found: `/readyz` is for programs that need a yes or no. Everything is looked at once in
/// five seconds at most, and no model is asked for it.
#[utoipa::path(get, path = "/api/v1/health", tag = "health",
    responses((status = 200, content_type = "application/health+json", body = Health)))]
pub(crate) async fn get_health(State(state): State<ApiState>) -> Response {
    let health = state.engine.health().await;
    let mut response = Json(&*health).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/health+json"));
    response
}
