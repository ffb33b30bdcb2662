//! The API's own description: the document, and a page drawn from it.

mod page;
mod refine;

use std::sync::LazyLock;

use axum::response::Response;
use bytes::Bytes;
use http::header::{self, HeaderValue};

use crate::door::PageHeaders;
use crate::router;
pub(crate) use refine::refine;

/// A constant of the code, made when it is first asked for.
static DOCUMENT: LazyLock<Document> = LazyLock::new(|| {
    let json = router::openapi().unwrap_or_default();
    let page = serde_json::from_str(&json).map(|document| page::draw(&document)).unwrap_or_default();
    Document { json: json.into(), page: page.into() }
});

struct Document {
    json: Bytes,
    page: Bytes,
}

/// Read this description of the API
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "server",
    responses((status = 200, content_type = "application/json", body = Object)))]
pub(crate) async fn get_openapi() -> Response {
    answer("application/json", DOCUMENT.json.clone())
}

/// Read the documentation of the API
#[utoipa::path(get, path = "/api/docs", tag = "server",
    responses((status = 200, content_type = "text/html", body = String)))]
pub(crate) async fn get_docs() -> Response {
    page_of("text/html; charset=utf-8", DOCUMENT.page.clone())
}

/// Read the style of the documentation
#[utoipa::path(get, path = "/api/docs.css", tag = "server",
    responses((status = 200, content_type = "text/css", body = String)))]
pub(crate) async fn get_docs_style() -> Response {
    page_of("text/css; charset=utf-8", Bytes::from_static(include_bytes!("page.css")))
}

fn answer(media_type: &'static str, body: Bytes) -> Response {
    let mut response = Response::new(body.into());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}

fn page_of(media_type: &'static str, body: Bytes) -> Response {
    let mut response = answer(media_type, body);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response.extensions_mut().insert(PageHeaders { nonce: None });
    response
}
