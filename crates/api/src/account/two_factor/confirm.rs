//! `POST /api/v1/account/two-factor/confirm`.

use axum::extract::State;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;

use super::RecoveryCodes;
use crate::auth::attempt_again;
use crate::extract::{AUTH_LIMIT, By, Json};
use crate::problem::Result;
use crate::state::ApiState;

/// A code of the app.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfirmTwoFactor {
    /// What the app shows now.
    #[garde(length(chars, max = 64))]
    code: String,
}

/// Confirm a second factor
///
/// From now on a sign-in asks for a code. The recovery codes are shown this once.
#[utoipa::path(post, path = "/api/v1/account/two-factor/confirm", tag = "people", request_body = ConfirmTwoFactor,
    responses((status = 200, body = RecoveryCodes)))]
pub(crate) async fn confirm_two_factor(
    State(state): State<ApiState>,
    By(caller): By,
    Json(body): Json<ConfirmTwoFactor, AUTH_LIMIT>,
) -> Result<Json<RecoveryCodes>> {
    let confirming = state.engine.people().confirm_two_factor(&caller, &body.code);
    Ok(Json(RecoveryCodes::of(&attempt_again(&state, &caller, confirming).await?)))
}
