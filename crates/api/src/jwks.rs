//! `GET /.well-known/jwks.json`.

use axum::extract::State;
use engine::people::PublicKeys;

use crate::extract::Json;
use crate::problem::Result;
use crate::state::ApiState;

/// Read the public keys of access tokens
///
/// RFC 7517. A key that signs is here before it does, and until its last token has expired.
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "people", responses((status = 200, body = PublicKeys)))]
pub(crate) async fn get_public_keys(State(state): State<ApiState>) -> Result<Json<PublicKeys>> {
    Ok(Json(state.engine.people().public_keys().await?))
}
