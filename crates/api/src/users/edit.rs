//! `PATCH /api/v1/users/{user}`.

use axum::extract::State;
use domain::ids::UserId;
use engine::people::{Account, EditUser};

use crate::extract::{AUTH_LIMIT, By, Json, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// Change an account
///
/// Its role, or whether it is disabled; a disabled account is refused within a second. There is always an admin who is
/// not disabled.
#[utoipa::path(patch, path = "/api/v1/users/{user}", tag = "people", request_body = EditUser,
    responses((status = 200, body = Account)))]
pub(crate) async fn edit_user(
    State(state): State<ApiState>,
    By(caller): By,
    Path(user): Path<UserId>,
    Json(edit): Json<EditUser, AUTH_LIMIT>,
) -> Result<Json<Account>> {
    Ok(Json(state.engine.people().edit_user(&caller, user, edit).await?))
}
