//! The documentation: the files of `target/docs-packed`, each compressed already, as most browsers take them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Read as _;

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use flate2::read::GzDecoder;
use http::header::{self, HeaderValue};
use http::{HeaderMap, StatusCode};
use rust_embed::RustEmbed;

use super::{Kind, accepts_gzip, file_response, not_found};
use crate::door::PageHeaders;

/// Where it lies. The address without the last slash leads here, or its links would lead elsewhere.
const PLACE: &str = "/docs/";

#[derive(RustEmbed)]
#[folder = "../../target/docs-packed"]
#[allow_missing = true]
struct Embedded;

/// The pages by their path behind `/docs/`.
#[derive(Default)]
pub(super) struct Book(HashMap<String, Page>);

struct Page {
    packed: Bytes,
    kind: Kind,
}

impl Book {
    /// The documentation of this build. What the binary holds is not copied.
    pub(super) fn embedded() -> Self {
        Self::from_packed(Embedded::iter().filter_map(|path| {
            let packed = match Embedded::get(&path)?.data {
                Cow::Borrowed(bytes) => Bytes::from_static(bytes),
                Cow::Owned(bytes) => Bytes::from(bytes),
            };
            Some((path.into_owned(), packed))
        }))
    }

    /// A book of these files: path, content as gzip.
    pub(super) fn from_packed(files: impl IntoIterator<Item = (String, Bytes)>) -> Self {
        let page = |(path, packed): (String, Bytes)| {
            let kind = Kind::of(&path, &packed);
            (path, Page { packed, kind })
        };
        Self(files.into_iter().map(page).collect())
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
            Some(page) => page.response(asked),
            None if self.0.is_empty() => not_built(),
            None => not_found(),
        })
    }
}

impl Page {
    fn response(&self, asked: &HeaderMap) -> Response {
        let packed = accepts_gzip(asked);
        file_response(&self.kind, "no-cache", packed, asked, || {
            if packed { self.packed.clone() } else { unpack(&self.packed) }
        })
    }
}

/// Few ask for it: `curl` without `--compressed` is one.
fn unpack(packed: &[u8]) -> Bytes {
    let mut bytes = Vec::new();
    match GzDecoder::new(packed).read_to_end(&mut bytes) {
        Ok(_) => bytes.into(),
        // The build wrote the file; an empty page is what is left to say.
        Err(_) => Bytes::new(),
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
