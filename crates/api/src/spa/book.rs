//! The documentation: the files of `target/docs-packed`, each compressed already, as most browsers take them.

use std::collections::HashMap;

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{self, HeaderValue};
use http::{HeaderMap, StatusCode};
use rust_embed::RustEmbed;

use super::file::{EACH_TIME, File, by_path};
use super::{bytes_of, not_found};
use crate::door::PageHeaders;

/// Where it lies. The address without the last slash leads here, or its links would lead elsewhere.
const PLACE: &str = "/docs/";

#[derive(RustEmbed)]
#[folder = "../../target/docs-packed"]
#[allow_missing = true]
struct Embedded;

/// The pages by their path behind `/docs/`.
#[derive(Default)]
pub(super) struct Book(HashMap<String, File>);

impl Book {
    /// The documentation of this build.
    pub(super) fn embedded() -> Self {
        let files =
            Embedded::iter().filter_map(|path| Some((path.to_string(), bytes_of(Embedded::get(&path)?))));
        Self(by_path(files))
    }

    /// A book of these files: path, content as gzip.
    pub(super) fn from_packed(files: impl IntoIterator<Item = (String, Bytes)>) -> Self {
        Self(by_path(files))
    }

    /// The answer for an address of the documentation, `None` for any other.
    pub(super) fn answer(&self, path: &str, asked: &HeaderMap) -> Option<Response> {
        if Some(path) == PLACE.strip_suffix('/') {
            let to = (header::LOCATION, HeaderValue::from_static(PLACE));
            return Some((StatusCode::PERMANENT_REDIRECT, [to]).into_response());
        }
        let name = path.strip_prefix(PLACE)?;
        let name = if name.is_empty() { "index.html" } else { name };
        Some(match self.0.get(name) {
            Some(file) => file.response(EACH_TIME, asked),
            None if self.0.is_empty() => not_built(),
            None => not_found(),
        })
    }
}

fn not_built() -> Response {
    let mut response = Response::new(Bytes::from_static(include_bytes!("no_docs.html")).into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response.extensions_mut().insert(PageHeaders { nonce: None });
    response
}
