//! Pages of other origins that may use the API: those that are named, by what they show and never by a cookie.

use axum::extract::Request;
use axum::response::Response;
use http::header::{self, HeaderName, HeaderValue};
use http::{HeaderMap, Method, StatusCode};

use super::origin::Origin;

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE");
/// Headers of requests that our routes read. Cookies are not among what may be sent: nothing here says that it may.
const ASKED: HeaderValue = HeaderValue::from_static(
    "authorization, content-type, idempotency-key, if-match, if-none-match, last-event-id",
);
/// Headers of responses that a page may read.
const SHOWN: HeaderValue = HeaderValue::from_static(
    "etag, idempotent-replayed, location, ratelimit, ratelimit-policy, retry-after, x-request-id",
);
/// Seconds for which a browser remembers the permission.
const REMEMBERED: HeaderValue = HeaderValue::from_static("600");

/// The origins of pages elsewhere that may use the API.
#[derive(Debug, Clone, Default)]
pub struct ForeignPages(Vec<String>);

impl ForeignPages {
    /// Pages of these origins may.
    pub fn new(origins: &[Origin]) -> Self {
        Self(origins.iter().map(ToString::to_string).collect())
    }

    /// The origin of the page that sends the request, if it is one of these. What it sends is taken without its
    /// cookies: somebody else's page must not act for who is signed in at this one.
    pub(super) fn admit(&self, request: &mut Request) -> Option<Admitted> {
        if self.0.is_empty() || !request.uri().path().starts_with("/api/") {
            return None;
        }
        let origin = only(request.headers())?.clone();
        if !self.0.iter().any(|known| known.as_bytes() == origin.as_bytes()) {
            return None;
        }
        request.headers_mut().remove(header::COOKIE);
        let asks_first = *request.method() == Method::OPTIONS
            && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        Some(Admitted { origin, asks_first })
    }
}

fn only(headers: &HeaderMap) -> Option<&HeaderValue> {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let first = origins.next()?;
    origins.next().is_none().then_some(first)
}

/// A page elsewhere that may.
pub(super) struct Admitted {
    origin: HeaderValue,
    asks_first: bool,
}

impl Admitted {
    /// The answer to a browser that asks whether it may send a request at all.
    pub(super) fn permission(&self) -> Option<Response> {
        self.asks_first.then(|| {
            let mut response = Response::default();
            *response.status_mut() = StatusCode::NO_CONTENT;
            let headers = response.headers_mut();
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, ASKED);
            headers.insert(header::ACCESS_CONTROL_MAX_AGE, REMEMBERED);
            response
        })
    }

    /// Lets the page read the response.
    pub(super) fn write(self, headers: &mut HeaderMap) {
        let names: [(HeaderName, HeaderValue); 2] = [
            (header::ACCESS_CONTROL_ALLOW_ORIGIN, self.origin),
            (header::ACCESS_CONTROL_EXPOSE_HEADERS, SHOWN),
        ];
        headers.extend(names);
        headers.append(header::VARY, HeaderValue::from_static("origin"));
    }
}
