//! `DELETE /api/v1/users/{user}`.

use axum::extract::State;
use domain::ids::UserId;
use http::StatusCode;

use crate::extract::{By, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// Erase the person of an account
///
/// Name, e-mail address, password, second factor, sessions, memberships and links go, and API keys end. What they made
/// stays, under a name that tells nothing. It cannot be undone. There is always an admin who is not disabled, and who is
/// the only owner of a workspace is not erased.
#[utoipa::path(delete, path = "/api/v1/users/{user}", tag = "people",
    responses((status = 204, description = "Nothing tells any more whose account it was.")))]
pub(crate) async fn erase_user(
    State(state): State<ApiState>,
    By(caller): By,
    Path(user): Path<UserId>,
) -> Result<StatusCode> {
    state.engine.people().erase_user(&caller, user).await?;
    Ok(StatusCode::NO_CONTENT)
}
