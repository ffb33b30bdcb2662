//! Conditions of a request: `If-Match` on edits, `If-None-Match` on reads.

use axum::extract::FromRequestParts;
use http::header;
use http::request::Parts;

use crate::problem::{ApiError, Code};

/// The revision that an edit was made on: the ETag of what was read. Absent, the edit is refused with 428.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IfMatch(pub i64);

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let mut given = parts.headers.get_all(header::IF_MATCH).iter();
        let Some(value) = given.next() else {
            return Err(ApiError::new(Code::PreconditionRequired, Code::PreconditionRequired.meaning()));
        };
        let tag = value.to_str().ok().and_then(|value| unquoted(value.trim()));
        match (tag.map(str::parse), given.next()) {
            (Some(Ok(revision)), None) => Ok(Self(revision)),
            // An ETag, but none that this server gives out: what was read is not what is here.
            (Some(Err(_)), None) => Err(ApiError::new(Code::Stale, Code::Stale.meaning())),
            _ => Err(ApiError::new(
                Code::BadRequest,
                "If-Match must be one ETag as it was received, with its quotes; `*`, lists and weak ETags are not accepted.",
            )),
        }
    }
}

/// The ETags that a reader has already, without their quotes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IfNoneMatch(Vec<String>);

impl IfNoneMatch {
    /// Whether the reader has what this ETag stands for.
    pub fn has(&self, etag: &str) -> bool {
        self.0.iter().any(|known| known == etag)
    }
}

impl<S: Sync> FromRequestParts<S> for IfNoneMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let given =
            parts.headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
        // A weak comparison is right for reads (RFC 9110, 13.1.2).
        let tags = given.flat_map(|value| value.split(',')).map(|tag| tag.trim().trim_start_matches("W/"));
        Ok(Self(tags.filter_map(unquoted).map(str::to_owned).collect()))
    }
}

/// The number of the last event that a reader of a stream has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastEventId(pub Option<i64>);

impl<S: Sync> FromRequestParts<S> for LastEventId {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        // A browser that has seen no event yet may send it empty.
        let Some(value) = parts.headers.get("last-event-id").filter(|value| !value.is_empty()) else {
            return Ok(Self(None));
        };
        match value.to_str().ok().and_then(|value| value.parse().ok()) {
            Some(number) if number >= 0 => Ok(Self(Some(number))),
            _ => Err(ApiError::new(Code::BadRequest, "Last-Event-ID must be the number of an event.")),
        }
    }
}

fn unquoted(value: &str) -> Option<&str> {
    let tag = value.strip_prefix('"')?.strip_suffix('"')?;
    (!tag.is_empty() && !tag.contains('"')).then_some(tag)
}
