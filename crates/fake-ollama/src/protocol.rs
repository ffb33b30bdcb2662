//! The two protocols, where they say the same thing in different words.

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Value, json};

/// What a request speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// Under `/api`: a stream is lines of JSON.
    Ollama,
    /// Under `/v1`: a stream is server-sent events.
    OpenAi,
}

impl Protocol {
    pub(crate) fn of_path(path: &str) -> Self {
        if path.starts_with("/v1/") { Self::OpenAi } else { Self::Ollama }
    }

    /// The media type of a stream.
    pub(crate) fn stream_type(self) -> &'static str {
        match self {
            Self::Ollama => "application/x-ndjson",
            Self::OpenAi => "text/event-stream",
        }
    }

    /// What stands around a message of a stream.
    pub(crate) fn frame(self) -> [&'static [u8]; 2] {
        match self {
            Self::Ollama => [b"", b"\n"],
            Self::OpenAi => [b"data: ", b"\n\n"],
        }
    }

    /// One message of a stream.
    pub(crate) fn framed(self, message: &[u8]) -> Bytes {
        let [before, after] = self.frame();
        [before, message, after].concat().into()
    }

    /// The body of an error.
    pub(crate) fn error(self, status: StatusCode, message: &str) -> Value {
        if self == Self::Ollama {
            return json!({ "error": message });
        }
        let kind = match status.as_u16() {
            400 => "invalid_request_error",
            404 => "not_found_error",
            429 => "rate_limit_error",
            _ => "api_error",
        };
        json!({ "error": { "message": message, "type": kind, "param": null, "code": null } })
    }

    /// The message that carries a piece of an answer: what stands before the piece, and what after it.
    pub(crate) fn around_a_piece(self) -> [&'static [u8]; 2] {
        match self {
            Self::Ollama => [br#"{"message":{"role":"assistant","content":""#, br#""},"done":false}"#],
            Self::OpenAi => [
                br#"{"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":""#,
                br#""},"finish_reason":null}]}"#,
            ],
        }
    }
}
