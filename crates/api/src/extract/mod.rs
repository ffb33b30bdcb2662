//! What handlers take from a request, checked strictly; every refusal names the place.

mod body;
mod by;
mod client;
mod headers;
mod json;
mod objects;
mod parameters;
mod path;
mod query;
mod sentence;
mod strict;

pub(crate) use body::read as read_body;
pub use by::By;
pub(crate) use by::ByCookie;
pub(crate) use client::Client;
pub use headers::{IfMatch, IfNoneMatch, LastEventId};
pub(crate) use json::AUTH_LIMIT;
pub use json::{Create, IMPORT_LIMIT, Json};
pub(crate) use parameters::IdempotencyHeader;
pub use path::Path;
pub use query::{Cursor, PageLimit, PageQuery, Query};
pub(crate) use strict::check as strict_json;

/// Appends one step to a JSON pointer (RFC 6901).
pub(crate) fn push_step(pointer: &mut String, step: &str) {
    pointer.push('/');
    for character in step.chars() {
        match character {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            other => pointer.push(other),
        }
    }
}
