//! `POST /api/v1/links/look`.

use axum::extract::State;
use engine::people::LinkView;
use garde::Validate;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::auth::attempt;
use crate::extract::{AUTH_LIMIT, Client, Json};
use crate::problem::Result;
use crate::state::ApiState;

/// A link to look at.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LookAtLink {
    /// What stands behind `#` in it.
    #[garde(skip)]
    #[schema(value_type = String)]
    secret: SecretString,
}

/// Look at a one-time link
///
/// What it leads to. It is not used up.
#[utoipa::path(post, path = "/api/v1/links/look", tag = "people", request_body = LookAtLink,
    responses((status = 200, body = LinkView)))]
pub(crate) async fn look_at_link(
    State(state): State<ApiState>,
    Client(client): Client,
    Json(body): Json<LookAtLink, AUTH_LIMIT>,
) -> Result<Json<LinkView>> {
    let looking = state.engine.people().look_at_link(body.secret.expose_secret());
    Ok(Json(attempt(&state, client.address, "", looking).await?))
}
