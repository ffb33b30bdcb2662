//! `POST /api/v1/links/accept`.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use engine::people::NewAccount;
use garde::Validate;
use http::{HeaderMap, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::auth::{attempt, end_session_before};
use crate::extract::{AUTH_LIMIT, Client, Json};
use crate::problem::Result;
use crate::session::{Begun, signed_in};
use crate::state::ApiState;

/// A link to be used.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AcceptLink {
    /// What stands behind `#` in it.
    #[garde(skip)]
    #[schema(value_type = String)]
    secret: SecretString,
    /// The name of the account that an invitation makes. It never changes. Absent: the link sets a new password.
    #[serde(default)]
    #[garde(skip)]
    name: Option<String>,
    /// Its e-mail address, where the invitation names none.
    #[serde(default)]
    #[garde(skip)]
    email: Option<String>,
    /// The password, 12 to 128 characters.
    #[garde(skip)]
    #[schema(value_type = String)]
    password: SecretString,
}

/// Use a one-time link
///
/// With a name, it must be an invitation: the account is made and signed in. Without one it sets the password of the
/// account that the link is for, and ends its sessions.
#[utoipa::path(post, path = "/api/v1/links/accept", tag = "people", request_body = AcceptLink,
    responses((status = 201, body = Begun, description = "The account was made.", headers(("Set-Cookie" = String))),
              (status = 204, description = "The password was set.")))]
pub(crate) async fn accept_link(
    State(state): State<ApiState>,
    Client(client): Client,
    headers: HeaderMap,
    Json(body): Json<AcceptLink, AUTH_LIMIT>,
) -> Result<Response> {
    let AcceptLink { secret, name, email, password } = body;
    let secret = secret.expose_secret();
    let Some(name) = name else {
        let accepting = state.engine.people().accept_reset(secret, password, &client);
        attempt(&state, client.address, "", accepting).await?;
        return Ok(StatusCode::NO_CONTENT.into_response());
    };
    let account = NewAccount { name, email, password };
    let accepting = state.engine.people().accept_invitation(secret, account, &client);
    let done = attempt(&state, client.address, "", accepting).await?;
    end_session_before(&state, &headers, &client).await?;
    signed_in(&state, done, false).await
}
