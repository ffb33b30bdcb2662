//! Responses with more than a body: an ETag, a Location, a page of a list.

use axum::response::{IntoResponse, Response};
use http::header::{self, HeaderValue};
use http::{HeaderName, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::Json;
use crate::problem::ApiError;

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The items, in the order of the list.
    pub items: Vec<T>,
    /// Give it as `cursor` to read on; `null` on the last page.
    pub next_cursor: Option<String>,
}

/// A body that may be edited: its ETag goes into `If-Match`.
#[derive(Debug)]
pub struct Tagged<T> {
    /// The ETag without quotes.
    pub etag: String,
    /// The body.
    pub body: T,
}

impl<T: Serialize> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        let mut response = Json(self.body).into_response();
        set(&mut response, header::ETAG, &format!("\"{}\"", self.etag));
        response
    }
}

/// 201: a new thing, its address, and its ETag if it may be edited.
#[derive(Debug)]
pub struct Created<T> {
    /// The path of the new thing.
    pub location: String,
    /// The ETag without quotes.
    pub etag: Option<String>,
    /// The body.
    pub body: T,
}

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        let mut response = Json(self.body).into_response();
        *response.status_mut() = StatusCode::CREATED;
        set(&mut response, header::LOCATION, &self.location);
        if let Some(etag) = self.etag {
            set(&mut response, header::ETAG, &format!("\"{etag}\""));
        }
        response
    }
}

fn set(response: &mut Response, name: HeaderName, value: &str) {
    match HeaderValue::from_str(value) {
        Ok(value) => drop(response.headers_mut().insert(name, value)),
        Err(error) => *response = ApiError::internal(error).into_response(),
    }
}
