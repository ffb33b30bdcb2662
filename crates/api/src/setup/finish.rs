//! `POST /api/v1/setup`.

use axum::extract::State;
use axum::response::Response;
use engine::people::NewAccount;
use garde::Validate;
use http::HeaderMap;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::auth::{attempt, end_session_before};
use crate::extract::{AUTH_LIMIT, Client, Json};
use crate::problem::Result;
use crate::session::{Begun, signed_in};
use crate::state::ApiState;

/// The first account, with the secret of the link that the server printed.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FinishSetup {
    /// What stands behind `#` in the link.
    #[garde(skip)]
    #[schema(value_type = String)]
    secret: SecretString,
    /// The name to sign in with, 3 to 64 letters, digits, dots, hyphens or underscores. It never changes.
    #[garde(skip)]
    name: String,
    /// The password, 12 to 128 characters.
    #[garde(skip)]
    #[schema(value_type = String)]
    password: SecretString,
    /// Answer with the tokens in the body and not as cookies: for programs.
    #[serde(default)]
    #[garde(skip)]
    tokens: bool,
}

/// Make the first account
///
/// It is an admin, owns the workspace `default`, and is signed in at once.
#[utoipa::path(post, path = "/api/v1/setup", tag = "people", request_body = FinishSetup,
    responses((status = 201, body = Begun, headers(("Set-Cookie" = String)))))]
pub(crate) async fn finish_setup(
    State(state): State<ApiState>,
    Client(client): Client,
    headers: HeaderMap,
    Json(body): Json<FinishSetup, AUTH_LIMIT>,
) -> Result<Response> {
    let account = NewAccount { name: body.name, email: None, password: body.password };
    let finishing = state.engine.people().finish_setup(body.secret.expose_secret(), account, &client);
    let done = attempt(&state, client.address, "", finishing).await?;
    if !body.tokens {
        end_session_before(&state, &headers, &client).await?;
    }
    signed_in(&state, done, body.tokens).await
}
