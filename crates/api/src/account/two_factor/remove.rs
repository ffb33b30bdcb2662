//! `DELETE /api/v1/account/two-factor`.

use axum::extract::State;
use http::StatusCode;

use super::BothFactors;
use crate::auth::attempt_again;
use crate::extract::{AUTH_LIMIT, By, Json};
use crate::problem::Result;
use crate::state::ApiState;

/// Remove the second factor
///
/// A sign-in asks for no code any more, and the recovery codes are void. The password alone is not enough.
#[utoipa::path(delete, path = "/api/v1/account/two-factor", tag = "people", request_body = BothFactors,
    responses((status = 204, description = "Removed.")))]
pub(crate) async fn remove_two_factor(
    State(state): State<ApiState>,
    By(caller): By,
    Json(body): Json<BothFactors, AUTH_LIMIT>,
) -> Result<StatusCode> {
    let removing = state.engine.people().remove_two_factor(&caller, body.password, &body.code);
    attempt_again(&state, &caller, removing).await?;
    Ok(StatusCode::NO_CONTENT)
}
