//! Responses with more than a body: an ETag, a Location, a page of a list.

use axum::response::{IntoResponse, Response};
use engine::Revised;
use http::header::{self, HeaderValue};
use http::{HeaderName, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::{Cursor, Json, PageLimit};
use crate::problem::{ApiError, Result};

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The items, in the order of the list.
    pub items: Vec<T>,
    /// Give it as `cursor` to read on; `null` on the last page.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// The whole of a list that is never long.
    pub fn whole(items: Vec<T>) -> Self {
        Self { items, next_cursor: None }
    }

    /// The page of at most `limit` items, of a list of which one more was read. The next page begins after the
    /// `key` of the last item.
    pub fn of<K: Serialize>(mut items: Vec<T>, limit: PageLimit, key: impl Fn(&T) -> K) -> Result<Self> {
        let limit = usize::try_from(limit.get()).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let last = items.last().filter(|_| more);
        let next_cursor = last.map(|last| Cursor::encode(&key(last))).transpose()?;
        Ok(Self { items, next_cursor })
    }
}

/// A body that may be edited: its revision is the ETag that goes into `If-Match`.
#[derive(Debug)]
pub struct Tagged<T>(pub Revised<T>);

impl<T: Serialize> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        let mut response = Json(self.0.value).into_response();
        set(&mut response, header::ETAG, &etag(self.0.revision));
        response
    }
}

/// 201: a new thing and its address.
#[derive(Debug)]
pub struct Created<T> {
    /// The path of the new thing.
    pub location: String,
    /// Its revision, if it may be edited.
    pub revision: Option<i64>,
    /// Whether an earlier request with the same `Idempotency-Key` made it.
    pub replayed: bool,
    /// The body.
    pub body: T,
}

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        let mut response = Json(self.body).into_response();
        *response.status_mut() = StatusCode::CREATED;
        set(&mut response, header::LOCATION, &self.location);
        if let Some(revision) = self.revision {
            set(&mut response, header::ETAG, &etag(revision));
        }
        if self.replayed {
            response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
        }
        response
    }
}

/// The ETag of a revision, with its quotes.
pub(crate) fn etag(revision: i64) -> String {
    format!("\"{revision}\"")
}

/// Says that an earlier request with the same key did the work.
pub(crate) const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

pub(crate) fn set(response: &mut Response, name: HeaderName, value: &str) {
    match HeaderValue::from_str(value) {
        Ok(value) => drop(response.headers_mut().insert(name, value)),
        Err(error) => *response = ApiError::internal(error).into_response(),
    }
}
