//! `POST /api/v1/account/two-factor/recovery-codes`.

use axum::extract::State;

use super::{BothFactors, RecoveryCodes};
use crate::auth::attempt_again;
use crate::extract::{AUTH_LIMIT, By, Json};
use crate::problem::Result;
use crate::state::ApiState;

/// Get other recovery codes
///
/// Those that there are become void. The password alone is not enough.
#[utoipa::path(post, path = "/api/v1/account/two-factor/recovery-codes", tag = "people", request_body = BothFactors,
    responses((status = 200, body = RecoveryCodes)))]
pub(crate) async fn renew_recovery_codes(
    State(state): State<ApiState>,
    By(caller): By,
    Json(body): Json<BothFactors, AUTH_LIMIT>,
) -> Result<Json<RecoveryCodes>> {
    let renewing = state.engine.people().renew_recovery_codes(&caller, body.password, &body.code);
    Ok(Json(RecoveryCodes::of(&attempt_again(&state, &caller, renewing).await?)))
}
