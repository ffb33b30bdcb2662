//! How an API key is written: `pck_`, 8 characters that may be shown, `_`, 256 random bits, and a checksum by which a key
//! that was typed or cut wrongly is known without a look at the database.

use data_encoding::BASE64URL_NOPAD;
use secrecy::SecretString;

use super::secret;
use crate::error::Result;

/// What every key begins with, so that one that lies about is recognised.
pub(super) const PREFIX: &str = "pck_";
const KEY_ID: usize = 8;
const SECRET: usize = 43;
const CHECKSUM: usize = 6;
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A new key: the part that may be shown, and all of it.
pub(super) fn new() -> Result<(String, SecretString)> {
    let key_id: String = secret::random::<KEY_ID>()?
        .map(|byte| char::from(DIGITS[usize::from(byte) % DIGITS.len()]))
        .iter()
        .collect();
    let body = format!("{PREFIX}{key_id}_{}", BASE64URL_NOPAD.encode(&secret::random::<32>()?));
    let text = format!("{body}{}", checksum(&body));
    Ok((key_id, text.into()))
}

/// The part of a key that may be shown. None: this is no key.
pub(super) fn key_id(text: &str) -> Option<&str> {
    let (body, sum) = text.split_at_checked(text.len().checked_sub(CHECKSUM)?)?;
    let (key_id, secret) = body.strip_prefix(PREFIX)?.split_at_checked(KEY_ID)?;
    let secret = secret.strip_prefix('_')?;
    let sound = key_id.bytes().all(|byte| byte.is_ascii_alphanumeric()) && secret.len() == SECRET;
    (sound && checksum(body) == sum).then_some(key_id)
}

/// CRC-32 in six digits of base 62.
fn checksum(body: &str) -> String {
    let mut rest = crc32fast::hash(body.as_bytes()) as usize;
    let mut digits = [0; CHECKSUM];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[rest % DIGITS.len()];
        rest /= DIGITS.len();
    }
    digits.map(char::from).iter().collect()
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_key_is_known_by_its_form() {
        let (key_id, text) = new().unwrap();
        let text = text.expose_secret();
        assert_eq!(text.len(), 62);
        assert_eq!(super::key_id(text), Some(key_id.as_str()));
        assert_ne!(new().unwrap().0, key_id);
    }

    #[test]
    fn a_key_that_was_cut_or_mistyped_is_none() {
        let (_, text) = new().unwrap();
        let text = text.expose_secret();
        for place in 0..text.len() {
            let mut typed = text.as_bytes().to_vec();
            typed[place] = if typed[place] == b'x' { b'y' } else { b'x' };
            assert_eq!(key_id(std::str::from_utf8(&typed).unwrap()), None, "character {place}");
            assert_eq!(key_id(&text[..place]), None, "{place} characters");
        }
        for text in ["", "pck_", "pck_ä", &"ä".repeat(31), &format!("{text}x"), &text.to_uppercase()] {
            assert_eq!(key_id(text), None, "{text}");
        }
    }
}
