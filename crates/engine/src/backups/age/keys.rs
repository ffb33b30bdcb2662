//! Keys: who a file is sealed for, and who opens it.

use std::fmt;
use std::io;
use std::str::FromStr;

use bech32::primitives::decode::CheckedHrpstring;
use bech32::{Bech32, Hrp};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::SecretString;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::Sha256;
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

const RECIPIENT: &str = "age";
const IDENTITY: &str = "age-secret-key-";

/// A text that is not the key that it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WrongKey {
    /// No public key.
    #[error(
        "it must be a recipient such as age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p; \
         `promptcards keys backup-pair` makes one"
    )]
    Recipient,
    /// No private key.
    #[error("there must be one line that begins with AGE-SECRET-KEY-1")]
    Identity,
}

/// The public half of a pair: `age1…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient(pub(super) [u8; 32]);

impl FromStr for Recipient {
    type Err = WrongKey;

    fn from_str(text: &str) -> Result<Self, WrongKey> {
        key_of(text, RECIPIENT).map(|key| Self(*key)).ok_or(WrongKey::Recipient)
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = Hrp::parse(RECIPIENT).map_err(|_| fmt::Error)?;
        bech32::encode_lower_to_fmt::<Bech32, _>(formatter, prefix, &self.0).map_err(|_| fmt::Error)
    }
}

impl Serialize for Recipient {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Recipient {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|error| serde::de::Error::custom(format!("`{text}` is no recipient: {error}")))
    }
}

/// The private half: `AGE-SECRET-KEY-1…`. It is wiped from memory when it is dropped, and never printed.
pub struct Identity(StaticSecret);

impl Identity {
    /// Draws a new one.
    pub fn draw() -> io::Result<Self> {
        Ok(Self(StaticSecret::from(*random::<32>()?)))
    }

    /// Those in a file as `age-keygen` writes it: one a line, and comments.
    pub fn read_all(text: &str) -> Result<Vec<Self>, WrongKey> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let found: Vec<Self> = lines.map(str::parse).collect::<Result<_, _>>()?;
        if found.is_empty() { Err(WrongKey::Identity) } else { Ok(found) }
    }

    /// The public half.
    pub fn recipient(&self) -> Recipient {
        Recipient(PublicKey::from(&self.0).to_bytes())
    }

    /// The key as a line.
    pub fn text(&self) -> SecretString {
        let key = Zeroizing::new(self.0.to_bytes());
        let text =
            Hrp::parse(IDENTITY).ok().and_then(|prefix| bech32::encode_upper::<Bech32>(prefix, &*key).ok());
        SecretString::from(text.unwrap_or_default())
    }

    pub(super) fn shared_with(&self, other: &[u8; 32]) -> Option<Zeroizing<[u8; 32]>> {
        shared(&self.0, other)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Identity of {}", self.recipient())
    }
}

impl FromStr for Identity {
    type Err = WrongKey;

    fn from_str(text: &str) -> Result<Self, WrongKey> {
        key_of(text, IDENTITY).map(|key| Self(StaticSecret::from(*key))).ok_or(WrongKey::Identity)
    }
}

fn key_of(text: &str, prefix: &str) -> Option<Zeroizing<[u8; 32]>> {
    let checked = CheckedHrpstring::new::<Bech32>(text.trim()).ok()?;
    if checked.hrp() != Hrp::parse(prefix).ok()? {
        return None;
    }
    let bytes = Zeroizing::new(checked.byte_iter().collect::<Vec<u8>>());
    bytes.as_slice().try_into().ok().map(Zeroizing::new)
}

fn shared(ours: &StaticSecret, theirs: &[u8; 32]) -> Option<Zeroizing<[u8; 32]>> {
    let secret = ours.diffie_hellman(&PublicKey::from(*theirs));
    secret.was_contributory().then(|| Zeroizing::new(secret.to_bytes()))
}

/// A pair for one file, and what it shares with a recipient.
pub(super) fn shared_once(recipient: &Recipient) -> io::Result<([u8; 32], Zeroizing<[u8; 32]>)> {
    let once = StaticSecret::from(*random::<32>()?);
    let share = PublicKey::from(&once).to_bytes();
    let secret = shared(&once, &recipient.0).ok_or_else(|| super::damaged("a recipient is no key"))?;
    Ok((share, secret))
}

/// Bytes of the system's generator.
pub(super) fn random<const N: usize>() -> io::Result<Zeroizing<[u8; N]>> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(&mut *bytes).map_err(io::Error::other)?;
    Ok(bytes)
}

/// HKDF-SHA-256, of which the first 32 bytes are needed.
pub(super) fn derive(secret: &[u8], salt: &[u8], purpose: &[u8]) -> Zeroizing<[u8; 32]> {
    let extracted = Zeroizing::new(mac(salt, &[secret]));
    Zeroizing::new(mac(&*extracted, &[purpose, &[1]]))
}

pub(super) fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // A key of any length will do.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn keys_are_read_as_they_are_written() {
        let identity = Identity::draw().unwrap();
        let text = identity.text();
        assert!(text.expose_secret().starts_with("AGE-SECRET-KEY-1"), "{}", text.expose_secret());
        let again: Identity = text.expose_secret().parse().unwrap();
        assert_eq!(again.recipient(), identity.recipient());
        let recipient = identity.recipient().to_string();
        assert_eq!(recipient.parse(), Ok(identity.recipient()));
        // One sign less, one sign else, the other kind of key.
        for wrong in
            ["", &recipient[..recipient.len() - 1], &recipient.replace("age1", "age2"), text.expose_secret()]
        {
            assert_eq!(wrong.parse::<Recipient>(), Err(WrongKey::Recipient), "{wrong}");
        }
    }

    #[test]
    fn a_file_of_identities_has_comments_and_at_least_one() {
        let one = Identity::draw().unwrap();
        let file =
            format!("# created: now\n# public key: {}\n{}\n", one.recipient(), one.text().expose_secret());
        assert_eq!(Identity::read_all(&file).unwrap()[0].recipient(), one.recipient());
        assert!(Identity::read_all("# nothing\n").is_err());
        assert!(Identity::read_all("age1qqq").is_err());
        assert!(!format!("{one:?}").contains("SECRET"));
    }
}
