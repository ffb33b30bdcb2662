//! `GET /api/v1/setup`.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::Json;
use crate::problem::Result;
use crate::state::ApiState;

/// Whether the server waits for its first account.
#[derive(Serialize, ToSchema)]
pub(crate) struct SetupState {
    /// There is no account yet.
    needed: bool,
}

/// Ask whether the server waits for its first account
#[utoipa::path(get, path = "/api/v1/setup", tag = "people", responses((status = 200, body = SetupState)))]
pub(crate) async fn get_setup(State(state): State<ApiState>) -> Result<Json<SetupState>> {
    Ok(Json(SetupState { needed: state.engine.people().setup_needed().await? }))
}
