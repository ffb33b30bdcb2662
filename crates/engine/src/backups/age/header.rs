//! The header: the key of the file, sealed for each recipient, and a MAC over all of it.

use std::io::{self, BufRead, Read};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::keys::{derive, mac, shared_once};
use super::{Identity, MAGIC, Recipient, damaged};

const PURPOSE: &[u8] = b"age-encryption.org/v1/X25519";
/// No header of ours comes near it; without an end, one would be read for ever.
const MOST_BYTES: u64 = 64 << 10;

/// The header of a file under this key.
pub(super) fn write(file_key: &[u8; 16], recipients: &[Recipient]) -> io::Result<Vec<u8>> {
    let mut header = MAGIC.to_vec();
    for recipient in recipients {
        let (share, secret) = shared_once(recipient)?;
        let key = wrapping_key(&*secret, &share, recipient)?;
        let mut sealed = file_key.to_vec();
        // The key is used once.
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key([0; 12]), Aad::empty(), &mut sealed)
            .map_err(|_| damaged("the key of the file cannot be sealed"))?;
        let (share, sealed) = (STANDARD_NO_PAD.encode(share), STANDARD_NO_PAD.encode(sealed));
        header.extend_from_slice(format!("-> X25519 {share}\n{sealed}\n").as_bytes());
    }
    header.extend_from_slice(b"---");
    let mac = STANDARD_NO_PAD.encode(mac(&*derive(file_key, b"", b"header"), &[&header]));
    header.extend_from_slice(format!(" {mac}\n").as_bytes());
    Ok(header)
}

/// Reads a header up to its end, and answers with the key of the file.
pub(super) fn read(inner: &mut impl BufRead, identities: &[Identity]) -> io::Result<Zeroizing<[u8; 16]>> {
    let mut limited = inner.take(MOST_BYTES);
    let mut header = Vec::new();
    let mut stanzas = Vec::new();
    loop {
        let begin = header.len();
        limited.read_until(b'\n', &mut header)?;
        let line = std::str::from_utf8(&header[begin..]).ok().and_then(|line| line.strip_suffix('\n'));
        let line = line.ok_or_else(|| damaged("its header is cut off"))?;
        if begin == 0 {
            if header != MAGIC {
                return Err(damaged("it is no file of age"));
            }
        } else if let Some(arguments) = line.strip_prefix("-> ") {
            stanzas.push((arguments.to_owned(), String::new()));
        } else if let Some(found) = line.strip_prefix("--- ") {
            let found = STANDARD_NO_PAD.decode(found).map_err(|_| damaged("its header is damaged"))?;
            let end = begin + "---".len();
            return open(&stanzas, identities, &header[..end], &found);
        } else {
            stanzas.last_mut().ok_or_else(|| damaged("its header is damaged"))?.1.push_str(line);
        }
    }
}

fn open(
    stanzas: &[(String, String)],
    identities: &[Identity],
    header: &[u8],
    found: &[u8],
) -> io::Result<Zeroizing<[u8; 16]>> {
    let sealed = stanzas.iter().filter_map(|(arguments, body)| {
        let share = arguments.strip_prefix("X25519 ").and_then(|share| STANDARD_NO_PAD.decode(share).ok())?;
        let body = STANDARD_NO_PAD.decode(body).ok().filter(|body| body.len() == 32)?;
        Some((<[u8; 32]>::try_from(share).ok()?, body))
    });
    for (share, body) in sealed {
        for identity in identities {
            if let Some(key) = unseal(identity, &share, &body) {
                let expected = mac(&*derive(&*key, b"", b"header"), &[header]);
                if bool::from(expected.ct_eq(found)) {
                    return Ok(key);
                }
                return Err(damaged("its header is not what was written"));
            }
        }
    }
    Err(io::Error::new(
        io::ErrorKind::PermissionDenied,
        "it is sealed for another key, or its header is damaged".to_owned(),
    ))
}

fn unseal(identity: &Identity, share: &[u8; 32], body: &[u8]) -> Option<Zeroizing<[u8; 16]>> {
    let secret = identity.shared_with(share)?;
    let key = wrapping_key(&*secret, share, &identity.recipient()).ok()?;
    let mut body = Zeroizing::new(body.to_vec());
    let opened = key.open_in_place(Nonce::assume_unique_for_key([0; 12]), Aad::empty(), &mut body).ok()?;
    <[u8; 16]>::try_from(&*opened).ok().map(Zeroizing::new)
}

fn wrapping_key(secret: &[u8], share: &[u8; 32], recipient: &Recipient) -> io::Result<LessSafeKey> {
    let salt = [share.as_slice(), &recipient.0].concat();
    aead_key(&derive(secret, &salt, PURPOSE))
}

pub(super) fn aead_key(key: &[u8; 32]) -> io::Result<LessSafeKey> {
    let key = UnboundKey::new(&CHACHA20_POLY1305, key).map_err(|_| damaged("a key has the wrong length"))?;
    Ok(LessSafeKey::new(key))
}
