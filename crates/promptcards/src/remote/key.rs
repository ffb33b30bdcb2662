//! The API key: read, sent, and never shown.

use std::path::Path;

use anyhow::{Context as _, bail};
use reqwest::header::HeaderValue;

/// The variable that holds a key where no file is named.
const VARIABLE: &str = "PROMPTCARDS_API_KEY";
/// Longest file that is read as a key.
const LIMIT: u64 = 8 * 1024;

/// The header of the key that is given, if one is.
pub(super) fn read(file: Option<&Path>) -> anyhow::Result<Option<HeaderValue>> {
    let (key, from) = match file {
        Some(file) => {
            let name = format!("the API key in {}", file.display());
            let size = std::fs::metadata(file).with_context(|| format!("{name} cannot be read"))?.len();
            if size > LIMIT {
                bail!("{name} cannot be used: the file has {size} bytes, which no key has");
            }
            (std::fs::read_to_string(file).with_context(|| format!("{name} cannot be read"))?, name)
        }
        None => match std::env::var_os(VARIABLE) {
            None => return Ok(None),
            Some(key) => (key.to_string_lossy().into_owned(), format!("the API key in {VARIABLE}")),
        },
    };
    let key = key.trim();
    if key.is_empty() && file.is_none() {
        // A pipeline whose secret is not set has an empty variable.
        return Ok(None);
    }
    if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        bail!("{from} cannot be used: a key is one word of visible ASCII characters");
    }
    let mut header = HeaderValue::from_str(&format!("Bearer {key}")).context("the API key cannot be sent")?;
    header.set_sensitive(true);
    Ok(Some(header))
}
