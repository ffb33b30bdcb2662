//! `POST /api/v1/shared/look`.

use axum::extract::State;
use engine::shares::{SharedPart, SharedPlace, SharedView};
use garde::Validate;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::auth::attempt_link;
use crate::extract::{AUTH_LIMIT, Client, Json};
use crate::problem::Result;
use crate::state::ApiState;

/// The link of a share, and what to read by it.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LookAtShared {
    /// What stands behind `#` in the link.
    #[garde(skip)]
    #[schema(value_type = String)]
    secret: SecretString,
    /// Which part of it.
    #[serde(default)]
    #[garde(skip)]
    part: SharedPart,
    /// Where in that part; what it means is said there.
    #[serde(default)]
    #[garde(skip)]
    at: Option<i64>,
}

/// Read what a link shares
///
/// It is a POST so that the secret stands in no address; nothing is changed. A link that is void for whatever reason
/// is answered like one that never was.
#[utoipa::path(post, path = "/api/v1/shared/look", tag = "shares", request_body = LookAtShared,
    responses((status = 200, body = SharedView)))]
pub(crate) async fn look_at_shared(
    State(state): State<ApiState>,
    Client(client): Client,
    Json(body): Json<LookAtShared, AUTH_LIMIT>,
) -> Result<Json<SharedView>> {
    let part = SharedPlace { part: body.part, at: body.at };
    let looking = state.engine.look_at_shared(body.secret.expose_secret(), part);
    Ok(Json(attempt_link(&state, client.address, looking).await?))
}
