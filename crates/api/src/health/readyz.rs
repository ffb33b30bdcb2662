//! `GET /readyz`: whether requests should be sent here.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::Json;
use crate::problem::{ApiError, Code, Result};
use crate::state::ApiState;

/// The server takes work.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Ready {
    /// Always `pass`; a server that is not ready answers 503.
    #[schema(value_type = String)]
    status: &'static str,
}

/// Ask whether the server takes work
#[utoipa::path(get, path = "/readyz", tag = "health", responses((status = 200, body = Ready)))]
pub(crate) async fn readyz(State(state): State<ApiState>) -> Result<Json<Ready>> {
    if state.closing.is_cancelled() {
        return Err(ApiError::new(Code::ShuttingDown, Code::ShuttingDown.meaning()).retry_after(5));
    }
    if !state.engine.is_ready().await {
        return Err(ApiError::new(Code::Unavailable, "The database does not answer.").retry_after(5));
    }
    Ok(Json(Ready { status: "pass" }))
}
