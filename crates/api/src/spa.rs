//! The page: the files of `web/dist`, embedded. Hashed files keep for ever, `index.html` is new each time.

mod book;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::{Arc, OnceLock};

use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{self, HeaderValue};
use http::{HeaderMap, Method, StatusCode};
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

use self::book::Book;
use crate::door::{Nonce, PageHeaders};
use crate::problem::{ApiError, Code};

/// The word that Vite writes wherever a nonce belongs.
const PLACEHOLDER: &str = "__CSP_NONCE__";
/// Smaller files are not worth compressing.
const COMPRESS_FROM: usize = 1024;

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Embedded;

/// The files of the page, and the documentation.
pub struct Site {
    files: HashMap<String, File>,
    book: Book,
    /// `index.html`, cut at each place where the nonce belongs.
    index: Vec<String>,
}

struct File {
    bytes: Bytes,
    kind: Kind,
    /// Made when somebody first asks for it.
    compressed: OnceLock<Option<Bytes>>,
}

/// What a file is, and which content it has.
struct Kind {
    media_type: HeaderValue,
    etag: String,
}

impl Site {
    /// The page of this build and its documentation; without one, a page that says how to build it.
    pub fn embedded() -> Arc<Self> {
        let files = Embedded::iter().filter_map(|path| {
            let file = Embedded::get(&path)?;
            Some((path.into_owned(), Bytes::from(file.data.into_owned())))
        });
        Arc::new(Self { book: Book::embedded(), ..Self::from_files(files) })
    }

    /// A page of these files: path without a leading slash, content.
    pub fn from_files(files: impl IntoIterator<Item = (String, Bytes)>) -> Self {
        let mut files: HashMap<String, File> =
            files.into_iter().map(|(path, bytes)| (path.clone(), File::new(&path, bytes))).collect();
        let index = files.remove("index.html").map(|file| file.bytes);
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
            Some(file) => file.response(name.starts_with("assets/"), headers),
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

impl Kind {
    fn of(path: &str, content: &[u8]) -> Self {
        let media_type = mime_guess::from_path(path).first_or_octet_stream();
        let text = media_type.type_() == "text" && media_type.get_param("charset").is_none();
        let media_type = if text { format!("{media_type}; charset=utf-8") } else { media_type.to_string() };
        let mut etag = String::with_capacity(32);
        for byte in &Sha256::digest(content)[..16] {
            let _ = write!(etag, "{byte:02x}");
        }
        let media_type = HeaderValue::from_str(&media_type);
        Self { media_type: media_type.unwrap_or(HeaderValue::from_static("application/octet-stream")), etag }
    }
}

/// A file, or that it is what the browser has. `compressed` says whether `body` is; `keep` is for how long it is good.
fn file_response(
    kind: &Kind,
    keep: &'static str,
    compressed: bool,
    asked: &HeaderMap,
    body: impl FnOnce() -> Bytes,
) -> Response {
    let etag = format!("\"{}{}\"", kind.etag, if compressed { "-gzip" } else { "" });
    let known = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let unchanged = known.flat_map(|value| value.split(',')).any(|tag| tag.trim() == etag);

    let mut response = Response::default();
    let headers = response.headers_mut();
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        headers.insert(header::ETAG, etag);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if unchanged {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        headers.insert(header::CONTENT_TYPE, kind.media_type.clone());
        if compressed {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        *response.body_mut() = body().into();
    }
    response.extensions_mut().insert(PageHeaders { nonce: None });
    response
}

impl File {
    fn new(path: &str, bytes: Bytes) -> Self {
        let kind = Kind::of(path, &bytes);
        Self { bytes, kind, compressed: OnceLock::new() }
    }

    fn response(&self, immutable: bool, asked: &HeaderMap) -> Response {
        let compressed = if accepts_gzip(asked) { self.compressed() } else { None };
        let keep = if immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
        file_response(&self.kind, keep, compressed.is_some(), asked, || {
            compressed.unwrap_or_else(|| self.bytes.clone())
        })
    }

    fn compressed(&self) -> Option<Bytes> {
        let media_type = self.kind.media_type.to_str().unwrap_or_default();
        let text = ["text/", "application/javascript", "application/json", "image/svg"];
        if self.bytes.len() < COMPRESS_FROM || !text.iter().any(|prefix| media_type.starts_with(prefix)) {
            return None;
        }
        self.compressed
            .get_or_init(|| {
                let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
                encoder.write_all(&self.bytes).ok()?;
                encoder.finish().ok().map(Bytes::from)
            })
            .clone()
    }
}

fn accepts_gzip(headers: &HeaderMap) -> bool {
    let offers = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    offers.flat_map(|value| value.split(',')).any(|offer| {
        let (name, weight) = offer.split_once(';').unwrap_or((offer, "q=1"));
        let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse::<f32>().ok());
        name.trim().eq_ignore_ascii_case("gzip") && weight.is_some_and(|weight| weight > 0.0)
    })
}
