//! How long an address and a header block may be.

use axum::extract::Request;

use crate::problem::{ApiError, Code};

/// Longest address, bytes.
const URL_LIMIT: usize = 8 * 1024;
/// Longest header, name and value, bytes.
const HEADER_LIMIT: usize = 8 * 1024;
/// All headers, with `: ` and the line's end, bytes.
const BLOCK_LIMIT: usize = 32 * 1024;

pub(super) fn check(request: &Request) -> Result<(), ApiError> {
    let uri = request.uri();
    let url = uri.path().len() + uri.query().map_or(0, |query| query.len() + 1);
    if url > URL_LIMIT {
        return Err(ApiError::new(Code::UrlTooLong, Code::UrlTooLong.meaning()));
    }
    let mut block = 0;
    for (name, value) in request.headers() {
        let header = name.as_str().len() + value.len() + 4;
        block += header;
        if header > HEADER_LIMIT || block > BLOCK_LIMIT {
            return Err(ApiError::new(Code::HeadersTooLarge, Code::HeadersTooLarge.meaning()));
        }
    }
    Ok(())
}
