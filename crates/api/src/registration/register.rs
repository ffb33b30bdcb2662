//! `POST /api/v1/registration`.

use axum::extract::State;
use engine::people::NewAccount;
use garde::Validate;
use http::StatusCode;
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::extract::{AUTH_LIMIT, Client, Json};
use crate::problem::Result;
use crate::state::ApiState;

/// Who wants an account.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Register {
    /// The name to sign in with. It never changes.
    #[garde(skip)]
    name: String,
    /// The e-mail address.
    #[serde(default)]
    #[garde(skip)]
    email: Option<String>,
    /// The password, 12 to 128 characters.
    #[garde(skip)]
    #[schema(value_type = String)]
    password: SecretString,
}

/// Make an account
///
/// Whether the name was taken, nobody is told: sign in to find out.
#[utoipa::path(post, path = "/api/v1/registration", tag = "people", request_body = Register,
    responses((status = 202, description = "Taken note of.")))]
pub(crate) async fn register(
    State(state): State<ApiState>,
    Client(client): Client,
    Json(body): Json<Register, AUTH_LIMIT>,
) -> Result<StatusCode> {
    let Register { name, email, password } = body;
    state.engine.people().register(NewAccount { name, email, password }, &client).await?;
    Ok(StatusCode::ACCEPTED)
}
