//! From where a request came, and with which program.

use axum::extract::FromRequestParts;
use engine::people::ClientInfo;
use http::header::USER_AGENT;
use http::request::Parts;

use crate::door::{ClientAddress, RequestId};
use crate::problem::ApiError;

/// Longest name of a program that is kept, characters.
const AGENT: usize = 200;

/// What is kept beside a session: a person recognises it by this.
#[derive(Debug, Clone)]
pub(crate) struct Client(pub(crate) ClientInfo);

impl<S: Sync> FromRequestParts<S> for Client {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let agent = parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let address = parts.extensions.get::<ClientAddress>().map(|ClientAddress(address)| *address);
        let request = parts.extensions.get::<RequestId>().map(|RequestId(id)| *id);
        Ok(Self(ClientInfo { address, user_agent: agent.chars().take(AGENT).collect(), request }))
    }
}
