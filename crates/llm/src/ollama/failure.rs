//! What an Ollama server's failures mean, in sentences that a person understands.

use std::error::Error;
use std::io;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use serde::Deserialize;
use serde_json::Value;

use super::address::OllamaAddress;
use super::wire;
use crate::error::{CallError, CallErrorKind};

/// Most characters that are shown of what a server says of its error.
const SHOWN: usize = 500;

/// The request could not be sent, or nothing came back. Refused and unreachable read the same, so that
/// nobody scans a network with it.
pub(super) fn of_connection(error: &reqwest::Error, address: &OllamaAddress) -> CallError {
    if error.is_connect() {
        let kind = if error.is_timeout() { CallErrorKind::TimeoutConnect } else { CallErrorKind::Connect };
        return CallError::new(
            kind,
            format!(
                "No model server can be reached at {address}. Check that it runs there and that the \
                 provider's address is right."
            ),
        );
    }
    if is_not_http(error) {
        return garbage("no HTTP");
    }
    CallError::new(CallErrorKind::Cut, "The model server closed the connection without an answer.")
}

/// The body of an answer broke off.
pub(super) fn of_body(error: &reqwest::Error) -> CallError {
    if is_not_http(error) { garbage("no HTTP") } else { cut() }
}

/// The answer ended before it was done.
pub(super) fn cut() -> CallError {
    CallError::new(
        CallErrorKind::Cut,
        "The answer broke off: the model server ended it before saying that it was done.",
    )
}

/// Something came that Ollama does not send.
pub(super) fn garbage(what: &str) -> CallError {
    CallError::new(
        CallErrorKind::Garbage,
        format!(
            "What answered is not an Ollama server, or a broken one: it sent {what}. Check the provider's \
             address."
        ),
    )
}

/// More came than is read.
pub(super) fn too_large(what: &str, limit: usize) -> CallError {
    CallError::new(
        CallErrorKind::TooLarge,
        format!(
            "The model server sent {what} of more than {} MiB; reading was stopped.",
            limit / 1024 / 1024
        ),
    )
}

/// The server says in the midst of an answer that it failed.
pub(super) fn mid_stream(words: &str) -> CallError {
    CallError::new(
        CallErrorKind::ServerError { status: None },
        sentence("The model server failed while it answered", words),
    )
}

/// The response, unless its status says that there is no answer in it.
pub(super) async fn refused(response: Response, model: &str) -> Result<Response, CallError> {
    let status = response.status();
    if status == StatusCode::OK {
        return Ok(response);
    }
    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
    // The date form of Retry-After is not read: then the pause is ours to choose.
    let retry_after =
        header(RETRY_AFTER).and_then(|value| value.trim().parse().ok()).map(Duration::from_secs);
    let is_json = header(CONTENT_TYPE).is_some_and(|value| value.contains("json"));
    // A body that cannot be read takes nothing away from what the status says.
    let body = wire::whole_body(response).await.unwrap_or_default();
    let words = words(&body);
    let shown = words.as_deref().unwrap_or_default();
    let number = status.as_u16();
    Err(match number {
        429 => CallError::new(
            CallErrorKind::RateLimited { retry_after },
            sentence("The model server asks for a pause (429)", shown),
        ),
        // Another 404 comes from a server that does not know the path.
        404 if is_json && words.is_some() && !model.is_empty() => CallError::new(
            CallErrorKind::ModelMissing,
            format!("The model server has no model `{model}`. Pull it there, or choose another."),
        ),
        500..=599 => CallError::new(
            CallErrorKind::ServerError { status: Some(number) },
            sentence(&format!("The model server failed ({number})"), shown),
        ),
        300..=499 => CallError::new(
            CallErrorKind::RefusedRequest { status: number },
            sentence(&format!("The model server refused the request ({number})"), shown),
        ),
        _ => garbage(&format!("the status {number}")),
    })
}

fn sentence(what: &str, words: &str) -> String {
    match words.trim_end() {
        "" => format!("{what}."),
        words if words.ends_with(['.', '!', '?']) => format!("{what}: {words}"),
        words => format!("{what}: {words}."),
    }
}

/// What a server says of its error: `{"error": "…"}` or `{"error": {"message": "…"}}`.
fn words(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Body {
        error: Value,
    }
    let error = serde_json::from_slice::<Body>(body).ok()?.error;
    error.as_str().or_else(|| error.get("message")?.as_str()).map(shown)
}

/// Words of a server, safe to show: at most 500 characters, none of them a control character.
pub(super) fn shown(words: &str) -> String {
    words
        .trim()
        .chars()
        .map(|character| if character.is_whitespace() { ' ' } else { character })
        .filter(|character| !character.is_control())
        .take(SHOWN)
        .collect()
}

fn is_not_http(error: &reqwest::Error) -> bool {
    let mut source = error.source();
    while let Some(cause) = source {
        if cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse) {
            return true;
        }
        // A broken chunk size comes as this.
        if cause.downcast_ref::<io::Error>().is_some_and(|cause| cause.kind() == io::ErrorKind::InvalidInput)
        {
            return true;
        }
        source = cause.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_of_a_json_error_are_shown() {
        assert_eq!(words(br#"{"error":"model is busy"}"#).as_deref(), Some("model is busy"));
        assert_eq!(words(br#"{"error":{"message":"no\u001b[31m\nway"}}"#).as_deref(), Some("no[31m way"));
        assert_eq!(words(b"<html>500</html>"), None);
        assert_eq!(words(br#"{"error":5}"#), None);
        let long = format!(r#"{{"error":"{}"}}"#, "ä".repeat(2_000));
        assert_eq!(words(long.as_bytes()).expect("words").chars().count(), 500);
    }

    #[test]
    fn a_sentence_ends_once() {
        assert_eq!(sentence("It failed (500)", ""), "It failed (500).");
        assert_eq!(sentence("It failed (500)", "out of memory"), "It failed (500): out of memory.");
        assert_eq!(sentence("It failed (500)", "Busy."), "It failed (500): Busy.");
    }
}
