//! Conditions of a request: `If-Match` on edits, `If-None-Match` on reads.

use axum::extract::FromRequestParts;
use http::header;
use http::request::Parts;

use crate::problem::{ApiError, Code};

/// The ETag that an edit was made on, without its quotes. Absent, the edit is refused with 428.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IfMatch(pub String);

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let mut given = parts.headers.get_all(header::IF_MATCH).iter();
        let Some(value) = given.next() else {
            return Err(ApiError::new(Code::PreconditionRequired, Code::PreconditionRequired.meaning()));
        };
        let tag = value.to_str().ok().and_then(|value| unquoted(value.trim()));
        match (tag, given.next()) {
            (Some(tag), None) => Ok(Self(tag.to_owned())),
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
    /// Whether the reader has this one.
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

fn unquoted(value: &str) -> Option<&str> {
    let tag = value.strip_prefix('"')?.strip_suffix('"')?;
    (!tag.is_empty() && !tag.contains('"')).then_some(tag)
}
