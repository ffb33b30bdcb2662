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

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn every_bit_of_a_token_is_drawn_each_time() {
        let mut always = [0xff_u8; 32];
        let mut ever = [0_u8; 32];
        // That a bit of 256 is the same 64 times happens once in 2^55 runs.
        for _ in 0..64 {
            let (token, stored) = token().unwrap();
            let text = token.expose_secret();
            assert_eq!(stored, hex::encode(Sha256::digest(text)));
            let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).unwrap();
            for (place, byte) in bytes.iter().enumerate() {
                always[place] &= byte;
                ever[place] |= byte;
            }
        }
        assert_eq!((always, ever), ([0; 32], [0xff; 32]));
    }
}
