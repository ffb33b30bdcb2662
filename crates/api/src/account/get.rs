//! `GET /api/v1/account`.

use axum::extract::State;
use engine::people::Account;

use crate::extract::{By, Json};
use crate::problem::Result;
use crate::state::ApiState;

/// Read one's own account
#[utoipa::path(get, path = "/api/v1/account", tag = "people", responses((status = 200, body = Account)))]
pub(crate) async fn get_account(State(state): State<ApiState>, By(caller): By) -> Result<Json<Account>> {
    Ok(Json(state.engine.people().account(&caller).await?))
}
