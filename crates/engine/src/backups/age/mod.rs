//! The format `age-encryption.org/v1`, for recipients of the kind X25519: what `age -d` opens, and what it makes.
//!
//! A file begins with a header, in which its key is sealed for each recipient; what follows is sealed under that key in
//! pieces of 64 KiB, numbered, the last one marked. So it is written and read in one pass, and one that was cut off,
//! put in another order or altered in a single bit does not open.

mod header;
mod keys;
mod payload;

use std::io::{self, BufRead, Write};

pub use keys::{Identity, Recipient, WrongKey};
pub(super) use payload::{Opener, Sealer};

/// What a file in this format begins with.
pub(super) const MAGIC: &[u8] = b"age-encryption.org/v1\n";

/// Seals what is written, for whoever has a key of one of the recipients.
pub(super) fn seal<W: Write>(mut inner: W, recipients: &[Recipient]) -> io::Result<Sealer<W>> {
    let file_key = keys::random::<16>()?;
    inner.write_all(&header::write(&file_key, recipients)?)?;
    let nonce = keys::random::<16>()?;
    inner.write_all(&*nonce)?;
    Ok(Sealer::new(inner, &keys::derive(&*file_key, &*nonce, b"payload")))
}

/// Opens a file with one of the keys.
pub(super) fn open<R: BufRead>(mut inner: R, identities: &[Identity]) -> io::Result<Opener<R>> {
    let file_key = header::read(&mut inner, identities)?;
    let mut nonce = [0; 16];
    inner.read_exact(&mut nonce)?;
    Ok(Opener::new(inner, &keys::derive(&*file_key, &nonce, b"payload")))
}

/// What was written is not what is there.
fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}
