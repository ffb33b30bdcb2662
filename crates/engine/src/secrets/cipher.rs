//! AES-256-GCM under one key, bound to the place where the value is kept.

use std::fmt;

use aes_gcm::aead::{Aead, Generate, Payload};
use aes_gcm::{Aes256Gcm, KeyInit, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::ids::WorkspaceId;
use secrecy::SecretSlice;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::SecretsError;

/// The form in which values are sealed now; it stands before each.
const VERSION: &str = "v1";
/// Whose values are no workspace's.
pub(super) const SERVER: &str = "server";
const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 12;

/// Where a sealed value is kept. It opens there and nowhere else: a row that takes the value of another has nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// The table.
    pub table: &'static str,
    /// The key of the row.
    pub row: &'a str,
    /// The column.
    pub column: &'static str,
    /// The workspace whose secret it is; None: the server's.
    pub workspace: Option<WorkspaceId>,
}

impl Place<'_> {
    /// The workspace, as keys are kept by it.
    pub(super) fn scope(&self) -> String {
        self.workspace.map_or_else(|| SERVER.to_owned(), |workspace| workspace.to_string())
    }

    /// What a value is bound to. Only `row` may hold a `|`, so no two places have one text.
    fn bound_to(&self) -> String {
        format!("{}|{}|{}|{}|{VERSION}", self.table, self.row, self.column, self.scope())
    }
}

/// A key of 32 bytes, which is wiped from memory when it is dropped.
#[derive(Clone)]
pub(super) struct Key(Zeroizing<[u8; KEY_BYTES]>);

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[key]")
    }
}

impl Key {
    pub(super) fn draw() -> Result<Self, SecretsError> {
        random_key().map(Self)
    }

    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        Some(Self(Zeroizing::new(bytes.try_into().ok()?)))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &*self.0
    }

    /// Seals a value for a place, with a nonce that was never used before.
    pub(super) fn seal(&self, place: &Place<'_>, secret: &[u8]) -> Result<String, SecretsError> {
        let nonce: [u8; NONCE_BYTES] = random()?;
        let bound_to = place.bound_to();
        let payload = Payload { msg: secret, aad: bound_to.as_bytes() };
        let sealed = self.cipher().encrypt(&Nonce::from(nonce), payload);
        // It fails on more than 64 GiB.
        let sealed = sealed.map_err(|_| SecretsError::NoRandomness("too long to be sealed".to_owned()))?;
        Ok(format!("{VERSION}.{}", URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat())))
    }

    /// Opens what was sealed for this place by this key. None: it was not.
    pub(super) fn open(&self, place: &Place<'_>, sealed: &str) -> Option<SecretSlice<u8>> {
        let text = sealed.strip_prefix(VERSION)?.strip_prefix('.')?;
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>()?;
        let bound_to = place.bound_to();
        let payload = Payload { msg: sealed, aad: bound_to.as_bytes() };
        self.cipher().decrypt(&Nonce::from(*nonce), payload).ok().map(SecretSlice::from)
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new((&*self.0).into())
    }
}

/// 32 bytes that nobody can guess.
pub(crate) fn random_key() -> Result<Zeroizing<[u8; KEY_BYTES]>, SecretsError> {
    random().map(Zeroizing::new)
}

fn random<const N: usize>() -> Result<[u8; N], SecretsError> {
    <[u8; N]>::try_generate().map_err(|error| SecretsError::NoRandomness(error.to_string()))
}

/// The key that opens all others. It is in no database.
#[derive(Debug, Clone)]
pub struct MasterKey(pub(super) Key);

impl MasterKey {
    /// A new one.
    pub fn draw() -> Result<Self, SecretsError> {
        Key::draw().map(Self)
    }

    /// The key of a line of hexadecimal digits.
    pub(super) fn read(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(hex::decode(text.trim()).ok()?);
        Key::of(&bytes).map(Self)
    }

    /// The line.
    pub(super) fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(hex::encode(self.0.bytes()) + "\n")
    }

    /// Its name in the database, from which it cannot be found.
    pub(super) fn name(&self) -> String {
        let hash = Sha256::new().chain_update("promptcards master key").chain_update(self.0.bytes());
        hex::encode(&hash.finalize()[..8])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use secrecy::ExposeSecret;

    use super::*;

    const HERE: Place<'_> = Place { table: "users", row: "1", column: "totp_secret", workspace: None };

    #[test]
    fn a_value_opens_at_its_place_and_under_its_key_alone() {
        let key = Key::draw().unwrap();
        let sealed = key.seal(&HERE, b"canary").unwrap();
        assert_eq!(key.open(&HERE, &sealed).unwrap().expose_secret(), b"canary");
        let workspace = "01890a5d-ac96-774b-bcce-b302099a8057".parse().ok();
        let elsewhere = [
            Place { table: "providers", ..HERE },
            Place { row: "2", ..HERE },
            Place { column: "password_hash", ..HERE },
            Place { workspace, ..HERE },
        ];
        for place in elsewhere {
            assert!(key.open(&place, &sealed).is_none(), "{place:?}");
        }
        assert!(Key::draw().unwrap().open(&HERE, &sealed).is_none());
    }

    /// Test case 16 of the proposal that NIST SP 800-38D follows.
    #[test]
    fn the_cipher_is_that_of_the_standard() {
        let bytes = |text: &str| hex::decode(text).unwrap();
        let half = "feffe9928665731c6d6a8f9467308308";
        let key = Key::of(&bytes(&half.repeat(2))).unwrap();
        let nonce: [u8; NONCE_BYTES] = bytes("cafebabefacedbaddecaf888").try_into().unwrap();
        let secret = bytes(
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72\
             1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
        );
        let bound_to = bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2");
        let payload = Payload { msg: &secret, aad: &bound_to };
        let sealed = key.cipher().encrypt(&Nonce::from(nonce), payload).unwrap();
        assert_eq!(
            hex::encode(sealed),
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa\
             8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b"
        );
    }

    /// Sealed by OpenSSL: the key counts from 0, the nonce from 64, and the place is bound to it as associated data.
    #[test]
    fn a_value_is_sealed_as_others_would() {
        let key =
            Key::of(&std::array::from_fn::<u8, KEY_BYTES, _>(|place| u8::try_from(place).unwrap())).unwrap();
        let sealed = "v1.QEFCQ0RFRkdISUpLgdjAQlRFeGEx-oc6d8vl-abu7bXg_Q";
        assert_eq!(key.open(&HERE, sealed).unwrap().expose_secret(), b"canary");
    }

    #[test]
    fn the_same_value_is_sealed_differently_each_time() {
        let key = Key::draw().unwrap();
        assert_ne!(key.seal(&HERE, b"canary").unwrap(), key.seal(&HERE, b"canary").unwrap());
    }

    #[test]
    fn no_key_is_shown() {
        let key = MasterKey::draw().unwrap();
        let line = key.text();
        assert!(!format!("{key:?}").contains(&line[..8]));
        assert!(!line.contains(&key.name()));
        assert_eq!(MasterKey::read(&line).unwrap().name(), key.name());
    }

    proptest! {
        #[test]
        fn what_was_changed_does_not_open(
            secret: Vec<u8>, row in "[a-z|]{0,8}", at: prop::sample::Index, letter in "[A-Za-z0-9._-]",
        ) {
            let key = Key::draw().unwrap();
            let place = Place { row: &row, ..HERE };
            let sealed = key.seal(&place, &secret).unwrap();
            let opened = key.open(&place, &sealed).unwrap();
            prop_assert_eq!(opened.expose_secret(), secret.as_slice());
            let mut changed = sealed.clone();
            let at = at.index(sealed.len());
            changed.replace_range(at..=at, &letter);
            prop_assert!(changed == sealed || key.open(&place, &changed).is_none());
        }
    }
}
