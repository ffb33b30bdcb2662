//! A file that is kept as gzip, which almost every client takes; others get it unpacked.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Read as _;

use axum::response::Response;
use bytes::Bytes;
use flate2::Compression;
use flate2::read::{GzDecoder, GzEncoder};
use http::header::{self, HeaderValue};
use http::{HeaderMap, StatusCode};
use sha2::{Digest, Sha256};

use crate::door::PageHeaders;

/// For files whose name has a hash of their content.
pub(super) const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// For others: the browser asks whether it has changed.
pub(super) const EACH_TIME: &str = "no-cache";

pub(super) struct File {
    packed: Bytes,
    media_type: HeaderValue,
    etag: String,
}

/// Files by their path, from their content as gzip.
pub(super) fn by_path(packed: impl IntoIterator<Item = (String, Bytes)>) -> HashMap<String, File> {
    packed.into_iter().map(|(path, packed)| (path.clone(), File::new(&path, packed))).collect()
}

impl File {
    fn new(path: &str, packed: Bytes) -> Self {
        let media_type = mime_guess::from_path(path).first_or_octet_stream();
        let text = media_type.type_() == "text" && media_type.get_param("charset").is_none();
        let media_type = if text { format!("{media_type}; charset=utf-8") } else { media_type.to_string() };
        let mut etag = String::with_capacity(32);
        for byte in &Sha256::digest(&packed)[..16] {
            let _ = write!(etag, "{byte:02x}");
        }
        let media_type = HeaderValue::from_str(&media_type);
        Self {
            packed,
            media_type: media_type.unwrap_or(HeaderValue::from_static("application/octet-stream")),
            etag,
        }
    }

    pub(super) fn unpacked(&self) -> Bytes {
        let mut bytes = Vec::new();
        match GzDecoder::new(&self.packed[..]).read_to_end(&mut bytes) {
            Ok(_) => bytes.into(),
            // Our own build wrote it.
            Err(_) => Bytes::new(),
        }
    }

    /// The file, or that it is what the browser has. `keep` says how long it is good.
    pub(super) fn response(&self, keep: &'static str, asked: &HeaderMap) -> Response {
        let packed = accepts_gzip(asked);
        let etag = format!("\"{}{}\"", self.etag, if packed { "-gzip" } else { "" });
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
            headers.insert(header::CONTENT_TYPE, self.media_type.clone());
            if packed {
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            }
            *response.body_mut() = if packed { self.packed.clone() } else { self.unpacked() }.into();
        }
        response.extensions_mut().insert(PageHeaders { nonce: None });
        response
    }
}

/// `bytes` as gzip.
pub(super) fn pack(bytes: &[u8]) -> Bytes {
    let mut packed = Vec::new();
    // Reading from memory and writing into memory: there is nothing that could fail.
    let _ = GzEncoder::new(bytes, Compression::default()).read_to_end(&mut packed);
    packed.into()
}

fn accepts_gzip(headers: &HeaderMap) -> bool {
    let offers = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    offers.flat_map(|value| value.split(',')).any(|offer| {
        let (name, weight) = offer.split_once(';').unwrap_or((offer, "q=1"));
        let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse::<f32>().ok());
        name.trim().eq_ignore_ascii_case("gzip") && weight.is_some_and(|weight| weight > 0.0)
    })
}
