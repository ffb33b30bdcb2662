//! The page: the files of `web/dist`, embedded. Hashed files keep for ever, `index.html` is new each time.

mod book;
mod file;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::header::{self, HeaderValue};
use http::{HeaderMap, Method};
use rust_embed::{EmbeddedFile, RustEmbed};

use self::book::Book;
use self::file::{EACH_TIME, FOR_EVER, File, pack};
use crate::door::{Nonce, PageHeaders};
use crate::problem::{ApiError, Code};

/// The word that Vite writes wherever a nonce belongs.
const PLACEHOLDER: &str = "__CSP_NONCE__";

/// The files of `web/dist`, each as gzip.
#[derive(RustEmbed)]
#[folder = "../../web/dist-packed"]
#[allow_missing = true]
struct Embedded;

/// The files of the page, and the documentation.
pub struct Site {
    files: HashMap<String, File>,
    book: Book,
    /// `index.html`, cut at each place where the nonce belongs.
    index: Vec<String>,
}

impl Site {
    /// The page of this build and its documentation; without one, a page that says how to build it.
    pub fn embedded() -> Arc<Self> {
        let files =
            Embedded::iter().filter_map(|path| Some((path.to_string(), bytes_of(Embedded::get(&path)?))));
        Arc::new(Self { book: Book::embedded(), ..Self::from_packed(files) })
    }

    /// A page of these files: path without a leading slash, content.
    pub fn from_files(files: impl IntoIterator<Item = (String, Bytes)>) -> Self {
        Self::from_packed(files.into_iter().map(|(path, bytes)| (path, pack(&bytes))))
    }

    fn from_packed(files: impl IntoIterator<Item = (String, Bytes)>) -> Self {
        let mut files = file::by_path(files);
        let index = files.remove("index.html").map(|file| file.unpacked());
        let index = index.unwrap_or(Bytes::from_static(include_bytes!("spa/not_built.html")));
        let index = String::from_utf8_lossy(&index).split(PLACEHOLDER).map(str::to_owned).collect();
        Self { files, book: Book::default(), index }
    }

    /// The same page with a documentation of these files: path without a leading slash, content as gzip.
    #[must_use]
    pub fn with_docs(self, packed: impl IntoIterator<Item = (String, Bytes)>) -> Self {
        Self { book: Book::from_packed(packed), ..self }
    }

    /// The answer for an address that no route of the API has.
    pub(crate) fn answer(&self, method: &Method, path: &str, headers: &HeaderMap) -> Response {
        if path == "/api" || path.starts_with("/api/") {
            return not_found();
        }
        if !matches!(*method, Method::GET | Method::HEAD) {
            return ApiError::new(Code::MethodNotAllowed, Code::MethodNotAllowed.meaning())
                .with_header(header::ALLOW, HeaderValue::from_static("GET,HEAD"))
                .into_response();
        }
        if let Some(answer) = self.book.answer(path, headers) {
            return answer;
        }
        let name = path.trim_start_matches('/');
        match self.files.get(name) {
            Some(file) if name.starts_with("assets/") => file.response(FOR_EVER, headers),
            Some(file) => file.response(EACH_TIME, headers),
            None if name != "index.html" && is_a_file(name) => not_found(),
            None => self.index(),
        }
    }

    fn index(&self) -> Response {
        let nonce = match fresh_nonce() {
            Ok(nonce) => nonce,
            Err(error) => return ApiError::internal(error.to_string()).into_response(),
        };
        let mut response = Response::new(self.index.join(&nonce.0).into());
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        response.extensions_mut().insert(PageHeaders { nonce: Some(nonce) });
        response
    }
}

/// Names that can only be a file; everything else may be an address of the page itself.
fn is_a_file(name: &str) -> bool {
    name.starts_with("assets/") || (!name.contains('/') && name.contains('.'))
}

/// Drawn from the system, not from a seed: a nonce that can be foretold protects nothing.
fn fresh_nonce() -> Result<Nonce, getrandom::Error> {
    let mut random = [0; 16];
    getrandom::fill(&mut random)?;
    Ok(Nonce(URL_SAFE_NO_PAD.encode(random)))
}

fn not_found() -> Response {
    ApiError::not_found(Code::NotFound.meaning()).into_response()
}

/// What the binary holds is not copied.
fn bytes_of(file: EmbeddedFile) -> Bytes {
    match file.data {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => Bytes::from(bytes),
    }
}
