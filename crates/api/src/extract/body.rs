//! Reading a request body: its type, its size, its pace.

use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header};
use http_body_util::BodyExt;
use tokio::time::{Instant, timeout_at};

use crate::problem::{ApiError, Code};

/// A body may take this long before its pace counts.
const GRACE: Duration = Duration::from_secs(5);
/// And this long in all.
const LONGEST: Duration = Duration::from_mins(1);
/// Slowest pace, bytes a second.
const PACE: u64 = 1024;

/// Refuses what is not plain JSON by its headers.
pub(crate) fn require_json(headers: &HeaderMap) -> Result<(), ApiError> {
    if headers.contains_key(header::CONTENT_ENCODING) {
        return Err(ApiError::new(
            Code::UnsupportedMediaType,
            "Content-Encoding is not accepted; send the body uncompressed.",
        ));
    }
    let given = headers.get(header::CONTENT_TYPE).map(|value| value.to_str().unwrap_or(""));
    let media_type = given.and_then(|value| value.split(';').next()).map(str::trim);
    if media_type.is_some_and(|media_type| media_type.eq_ignore_ascii_case("application/json")) {
        return Ok(());
    }
    let detail = match given {
        None => "The header Content-Type is missing; send the body as application/json.".to_owned(),
        Some(given) => {
            let given: String = given.chars().take(100).collect();
            format!("The body was sent as `{given}`; send it as application/json.")
        }
    };
    Err(ApiError::new(Code::UnsupportedMediaType, detail))
}

/// The whole body, at most `limit` bytes of it.
pub(crate) async fn read(headers: &HeaderMap, mut body: Body, limit: usize) -> Result<Bytes, ApiError> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let announced: u64 = announced.unwrap_or(0);
    if announced > limit as u64 {
        return Err(too_large(limit));
    }
    let started = Instant::now();
    let mut first = Bytes::new();
    let mut whole = BytesMut::new();
    let mut received = 0_usize;
    loop {
        let allowed = GRACE + Duration::from_secs(received as u64 / PACE);
        let frame = match timeout_at(started + allowed.min(LONGEST), body.frame()).await {
            Ok(Some(Ok(frame))) => frame,
            Ok(Some(Err(error))) => {
                let detail = "The body ended before it was complete, or its framing is broken.";
                return Err(ApiError::new(Code::BadRequest, detail).caused_by(error));
            }
            Ok(None) => break,
            Err(_) => return Err(ApiError::new(Code::RequestTimeout, Code::RequestTimeout.meaning())),
        };
        let Ok(data) = frame.into_data() else { continue };
        received += data.len();
        if received > limit {
            return Err(too_large(limit));
        }
        if first.is_empty() {
            first = data;
            continue;
        }
        if whole.is_empty() {
            whole.reserve(limit.min(usize::try_from(announced).unwrap_or(limit)).max(received));
            whole.extend_from_slice(&first);
        }
        whole.extend_from_slice(&data);
    }
    Ok(if whole.is_empty() { first } else { whole.freeze() })
}

fn too_large(limit: usize) -> ApiError {
    let detail = format!("The body is larger than {}; nothing of it was stored.", in_words(limit));
    ApiError::new(Code::BodyTooLarge, detail)
}

fn in_words(bytes: usize) -> String {
    const KIB: usize = 1024;
    const MIB: usize = 1024 * KIB;
    match bytes {
        MIB.. if bytes.is_multiple_of(MIB) => format!("{} MiB", bytes / MIB),
        KIB.. if bytes.is_multiple_of(KIB) => format!("{} KiB", bytes / KIB),
        _ => format!("{bytes} bytes"),
    }
}
