//! A reply before it is sent: a fault may still bend it.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use http::{Response, StatusCode, Version};
use serde::Serialize;

use crate::body::{Body, Step};
use crate::fault::{Claimed, Refusal};
use crate::protocol::Protocol;
use crate::state::InFlight;

const JSON: &str = "application/json; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

/// The connection is to be closed, answered or not.
#[derive(Debug, thiserror::Error)]
#[error("the connection is closed on purpose")]
pub(crate) enum Closed {
    InGoodOrder,
    /// By a reset: what is on its way is lost.
    Reset,
    /// With all the others, and no new one is accepted for a while.
    Refuse(Refusal),
}

pub(crate) struct Reply {
    /// In whose words a fault bends it.
    pub(crate) protocol: Protocol,
    status: StatusCode,
    pub(crate) version: Version,
    pub(crate) content_type: &'static str,
    retry_after_s: Option<u64>,
    pub(crate) steps: Vec<Step>,
    /// Sent with its length, not in chunks.
    in_one_piece: bool,
}

impl Reply {
    fn new(status: StatusCode, content_type: &'static str, body: Bytes) -> Self {
        Self {
            protocol: Protocol::Ollama,
            status,
            version: Version::HTTP_11,
            content_type,
            retry_after_s: None,
            steps: vec![Step::Send(body)],
            in_one_piece: true,
        }
    }

    /// The same in the words of this protocol.
    pub(crate) fn speaking(self, protocol: Protocol) -> Self {
        Self { protocol, ..self }
    }

    /// A status that says it all.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self::text(status, "")
    }

    /// A page that is not there, as Ollama's router words it.
    pub(crate) fn text(status: StatusCode, text: &'static str) -> Self {
        Self::new(status, TEXT, Bytes::from_static(text.as_bytes()))
    }

    pub(crate) fn json(value: &impl Serialize) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => Self::new(StatusCode::OK, JSON, body.into()),
            Err(error) => {
                Self::error(Protocol::Ollama, StatusCode::INTERNAL_SERVER_ERROR, &error.to_string())
            }
        }
    }

    /// An error in the words of the protocol.
    pub(crate) fn error(protocol: Protocol, status: StatusCode, message: &str) -> Self {
        Self { protocol, status, ..Self::json(&protocol.error(status, message)) }
    }

    /// A whole answer.
    pub(crate) fn answer(body: Vec<u8>) -> Self {
        Self::new(StatusCode::OK, JSON, body.into())
    }

    /// A streamed answer.
    pub(crate) fn stream(protocol: Protocol, steps: Vec<Step>) -> Self {
        let empty = Self::new(StatusCode::OK, protocol.stream_type(), Bytes::new());
        Self { protocol, steps, in_one_piece: false, ..empty }
    }

    /// Lets a fault bend the reply.
    pub(crate) fn bent_by(mut self, claimed: Option<Claimed>) -> Self {
        if let Some(claimed) = claimed {
            claimed.bend(&mut self);
        }
        self
    }

    pub(crate) fn retry_after(self, seconds: Option<u64>) -> Self {
        Self { retry_after_s: seconds, ..self }
    }

    pub(crate) fn into_response(self, call: Option<InFlight>) -> Response<Body> {
        let mut response = Response::new(Body::new(self.steps, self.in_one_piece, call));
        *response.status_mut() = self.status;
        *response.version_mut() = self.version;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}
