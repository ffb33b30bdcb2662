//! `GET /api/v1/registration`.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::Json;
use crate::state::ApiState;

/// Whether anybody may make an account.
#[derive(Serialize, ToSchema)]
pub(crate) struct RegistrationState {
    /// They may.
    open: bool,
}

/// Ask whether anybody may make an account
#[utoipa::path(get, path = "/api/v1/registration", tag = "people",
    responses((status = 200, body = RegistrationState)))]
pub(crate) async fn get_registration(State(state): State<ApiState>) -> Json<RegistrationState> {
    Json(RegistrationState { open: state.engine.people().registration_is_open() })
}
