//! `GET /api/v1/users/{user}`.

use axum::extract::State;
use domain::ids::UserId;
use engine::people::Account;

use crate::extract::{Json, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// Read an account
#[utoipa::path(get, path = "/api/v1/users/{user}", tag = "people", responses((status = 200, body = Account)))]
pub(crate) async fn get_user(
    State(state): State<ApiState>,
    Path(user): Path<UserId>,
) -> Result<Json<Account>> {
    Ok(Json(state.engine.people().user(user).await?))
}
