//! What a model server's failures mean, in sentences that a person understands.

use std::error::Error;
use std::io;
use std::time::Duration;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::address::ServerAddress;
use crate::error::{CallError, CallErrorKind};
use crate::json::Few;

/// Most characters that are shown of what a server says of its error.
const SHOWN: usize = 500;
/// How deep within an error its words are looked for.
const DEPTH: u8 = 8;

/// The request could not be sent, or nothing came back. Refused and unreachable read the same, so that
/// nobody scans a network with it.
pub(crate) fn of_connection(error: &reqwest::Error, address: &ServerAddress) -> CallError {
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
pub(crate) fn of_body(error: &reqwest::Error) -> CallError {
    if is_not_http(error) { garbage("no HTTP") } else { cut() }
}

/// The answer ended before it was done.
pub(crate) fn cut() -> CallError {
    CallError::new(
        CallErrorKind::Cut,
        "The answer broke off: the model server ended it before saying that it was done.",
    )
}

/// Something came that a server of this protocol does not send.
pub(crate) fn garbage(what: &str) -> CallError {
    CallError::new(
        CallErrorKind::Garbage,
        format!(
            "What answered is not a model server of this kind, or a broken one: it sent {what}. Check the \
             provider's address and kind."
        ),
    )
}

/// A line that is not the JSON it should be.
pub(crate) fn no_json(line: &[u8]) -> CallError {
    garbage(if std::str::from_utf8(line).is_err() { "invalid UTF-8" } else { "a line that is not its JSON" })
}

/// Whether this is the beginning of some JSON, and no more.
pub(crate) fn is_begun(line: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(line).is_err_and(|error| error.is_eof())
}

/// More came than is read.
pub(crate) fn too_large(what: &str, limit: usize) -> CallError {
    CallError::new(
        CallErrorKind::TooLarge,
        format!(
            "The model server sent {what} of more than {} MiB; reading was stopped.",
            limit / 1024 / 1024
        ),
    )
}

/// The server says in the midst of an answer that it failed.
pub(crate) fn mid_stream(words: &str) -> CallError {
    CallError::new(
        CallErrorKind::ServerError { status: None },
        sentence("The model server failed while it answered", words),
    )
}

/// What a status other than 200 says, with the server's own words.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
    /// Whether the body says that it is JSON: an error of the model server, not of something before it.
    pub(crate) is_json: bool,
    pub(crate) words: Option<String>,
}

impl Refusal {
    /// The error of a call of `model`; empty where the call was about none. `has_key`: it was sent with a key.
    pub(crate) fn into_error(self, model: &str, has_key: bool) -> CallError {
        let Self { status, retry_after, is_json, words } = self;
        let shown = words.as_deref().unwrap_or_default();
        let error = match status {
            429 => CallError::new(
                CallErrorKind::RateLimited,
                sentence("The model server asks for a pause (429)", shown),
            ),
            // Wherever it leads, it is not where the key may go.
            300..=399 => CallError::new(
                CallErrorKind::RefusedRequest { status },
                format!(
                    "The model server sends the call elsewhere ({status}), and redirects are not followed. Set \
                     the provider's address to where the server really is."
                ),
            ),
            // Any other 404 comes from a server that does not know the path.
            400 | 404 if is_json && !model.is_empty() && says_model_missing(shown) => CallError::new(
                CallErrorKind::ModelMissing,
                format!("The model server has no model `{model}`. Pull it there, or choose another."),
            ),
            401 | 403 => {
                let what = if has_key { "refused the key" } else { "wants a key" };
                let remedy = if has_key {
                    "Check what the provider's `key_env` or `key_file` holds."
                } else {
                    "Name one by the provider's `key_env` or `key_file`."
                };
                CallError::new(
                    CallErrorKind::RefusedRequest { status },
                    format!("{} {remedy}", sentence(&format!("The model server {what} ({status})"), shown)),
                )
            }
            500..=599 => CallError::new(
                CallErrorKind::ServerError { status: Some(status) },
                sentence(&format!("The model server failed ({status})"), shown),
            ),
            400..=499 => CallError::new(
                CallErrorKind::RefusedRequest { status },
                sentence(&format!("The model server refused the request ({status})"), shown),
            ),
            _ => garbage(&format!("the status {status}")),
        };
        CallError { retry_after, ..error }
    }
}

fn says_model_missing(words: &str) -> bool {
    const MISSING: [&str; 5] = ["not found", "not exist", "no such", "invalid model", "unknown model"];
    let words = words.to_lowercase();
    words.contains("model") && MISSING.iter().any(|missing| words.contains(missing))
}

/// What happened, with the server's own words where it has some.
pub(crate) fn sentence(what: &str, words: &str) -> String {
    match words.trim_end() {
        "" => format!("{what}."),
        words if words.ends_with(['.', '!', '?']) => format!("{what}: {words}"),
        words => format!("{what}: {words}."),
    }
}

/// What a server says of its error in JSON, in any of the shapes that are about: `{"error": "…"}`, with `message`
/// under it, `message` or `detail` without it, and lists of these.
pub(crate) fn words(json: &str) -> Option<String> {
    words_within(json, DEPTH)
}

fn words_within(json: &str, depth: u8) -> Option<String> {
    #[derive(Deserialize)]
    struct Said<'a> {
        #[serde(borrow, default)]
        error: Option<&'a RawValue>,
        #[serde(borrow, default)]
        message: Option<&'a RawValue>,
        #[serde(borrow, default)]
        detail: Option<&'a RawValue>,
        #[serde(borrow, default)]
        msg: Option<&'a RawValue>,
        #[serde(borrow, default)]
        errors: Option<&'a RawValue>,
    }
    let json = json.trim_start();
    match json.as_bytes().first()? {
        b'"' => serde_json::from_str(json).ok().filter(|words: &String| !words.trim().is_empty()),
        b'[' if depth > 0 => {
            let Few::<&RawValue, 1>(list) = serde_json::from_str(json).ok()?;
            words_within(list.first()?.get(), depth - 1)
        }
        b'{' if depth > 0 => {
            let Said { error, message, detail, msg, errors } = serde_json::from_str(json).ok()?;
            let places = [error, message, detail, msg, errors];
            places.into_iter().flatten().find_map(|place| words_within(place.get(), depth - 1))
        }
        _ => None,
    }
}

/// The words of an error that may be JSON or not.
pub(crate) fn words_or_all(error: &str) -> String {
    match serde_json::from_str::<&RawValue>(error) {
        Ok(json) => words(json.get()).unwrap_or_default(),
        Err(_) => error.to_owned(),
    }
}

/// Whether the value of a field for errors says that there is one. Some servers always write the field.
pub(crate) fn is_error(json: &RawValue) -> bool {
    !matches!(json.get(), "null" | "false" | "0" | "\"\"" | "{}" | "[]")
}

/// Words of a server, safe to show: at most 500 characters, none of them a control character.
pub(crate) fn shown(words: &str) -> String {
    words
        .trim()
        .chars()
        .map(|character| if character.is_whitespace() { ' ' } else { character })
        .filter(|character| !character.is_control())
        .take(SHOWN)
        .collect()
}

pub(crate) fn is_not_http(error: &reqwest::Error) -> bool {
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

    fn said(body: &str) -> Option<String> {
        words(body).map(|words| shown(&words))
    }

    #[test]
    fn the_words_of_an_error_are_found_in_every_usual_shape() {
        for body in [
            r#"{"error":"busy"}"#,
            r#"{"error":{"message":"busy","type":"server_error","code":null}}"#,
            r#"{"object":"error","message":"busy","type":"x","code":503}"#,
            r#"{"detail":"busy"}"#,
            r#"{"detail":[{"loc":["body","model"],"msg":"busy","type":"missing"}]}"#,
            r#"[{"error":{"code":503,"message":"busy"}}]"#,
            r#"{"errors":[{"message":"busy"}]}"#,
            r#"{"error":{"error":{"message":"busy"}}}"#,
            r#""busy""#,
        ] {
            assert_eq!(said(body).as_deref(), Some("busy"), "{body}");
        }
        assert_eq!(said(r#"{"error":5}"#), None);
        assert_eq!(said("<html>500</html>"), None);
        let deep = |levels| format!("{}\"busy\"{}", "{\"error\":".repeat(levels), "}".repeat(levels));
        assert_eq!(said(&deep(8)).as_deref(), Some("busy"));
        assert_eq!(said(&deep(100_000)), None);
    }

    #[test]
    fn words_are_short_and_hold_no_control_character() {
        assert_eq!(shown("no\u{1b}[31m\nway"), "no[31m way");
        assert_eq!(shown(&"ä".repeat(2_000)).chars().count(), 500);
    }

    #[test]
    fn a_sentence_ends_once() {
        assert_eq!(sentence("It failed (500)", ""), "It failed (500).");
        assert_eq!(sentence("It failed (500)", "out of memory"), "It failed (500): out of memory.");
        assert_eq!(sentence("It failed (500)", "Busy."), "It failed (500): Busy.");
    }
}
