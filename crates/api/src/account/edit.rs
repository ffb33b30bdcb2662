//! `PATCH /api/v1/account`.

use axum::extract::State;
use engine::people::Account;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::extract::{AUTH_LIMIT, By, Json};
use crate::problem::Result;
use crate::state::ApiState;

/// What is to be changed of one's own account.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EditAccount {
    /// The e-mail address; null takes it away.
    #[garde(skip)]
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required = true)]
    email: Option<String>,
}

/// Change one's own e-mail address
#[utoipa::path(patch, path = "/api/v1/account", tag = "people", request_body = EditAccount,
    responses((status = 200, body = Account)))]
pub(crate) async fn edit_account(
    State(state): State<ApiState>,
    By(caller): By,
    Json(edit): Json<EditAccount, AUTH_LIMIT>,
) -> Result<Json<Account>> {
    Ok(Json(state.engine.people().set_email(&caller, edit.email.as_deref()).await?))
}
