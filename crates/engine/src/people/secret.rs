//! Random secrets, and the hashes by which they are found again.

use data_encoding::BASE64URL_NOPAD;
use secrecy::SecretString;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

/// Random bytes of the system. Not from a source that a test can set: what guards an account has one way to be made.
pub(super) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| Error::NoRandomness(error.to_string()))?;
    Ok(bytes)
}

/// A secret of 256 bits as base64url, and its hash.
pub(crate) fn token() -> Result<(SecretString, String)> {
    let text = BASE64URL_NOPAD.encode(&random::<32>()?);
    let hash = hash(&text);
    Ok((text.into(), hash))
}

/// What is stored of a secret: SHA-256 in hex. Enough for one that is random; a password needs more.
pub(crate) fn hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret))
}

/// The hash as bytes: a key for what is remembered of a secret.
pub(super) fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}
