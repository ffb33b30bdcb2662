//! The file of a backup: a tar of the manifest and the database, compressed by zstd, with a hash of that behind it, and
//! all of it sealed by age. Where nothing of ours is at hand, `age -d | zstd -d | tar -x` opens it.
//!
//! It is written and read in one pass; no more than some hundred kilobytes of it are in memory.

mod manifest;
mod tar;
mod trailer;

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};

use domain::clock::Timestamp;
use sha2::{Digest, Sha256};

use super::age::{self, Identity, Recipient, Sealer};
use trailer::{HashedReader, HashedWriter};

pub(super) use manifest::FORMAT;
pub use manifest::{AuditLine, FileFacts, Manifest};

const MANIFEST: &str = "manifest.json";
const DATABASE: &str = "promptcards.db";
/// A manifest is some kilobytes.
const MOST_MANIFEST: u64 = 1 << 20;
/// As fast as disks are, and a quarter of the size.
const LEVEL: i32 = 3;
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
const SQLITE: &[u8] = b"SQLite format 3\0";

/// What a file is, by what it begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A backup that a key opens.
    Sealed,
    /// A backup that is not encrypted.
    Plain,
    /// A database itself, as a copy from before a migration is one.
    Database,
}

/// Looks what a file is; None: something else.
pub(super) fn kind(file: &mut BufReader<File>) -> io::Result<Option<Kind>> {
    let begin = file.fill_buf()?;
    Ok(if begin.starts_with(age::MAGIC) {
        Some(Kind::Sealed)
    } else if begin.starts_with(&ZSTD) {
        Some(Kind::Plain)
    } else if begin.starts_with(SQLITE) {
        Some(Kind::Database)
    } else {
        None
    })
}

/// Where compressed bytes go: sealed, or as they are.
enum Outlet<W: Write> {
    Sealed(Box<Sealer<W>>),
    Plain(W),
}

impl<W: Write> Outlet<W> {
    fn finish(self) -> io::Result<W> {
        match self {
            Self::Sealed(sealer) => sealer.finish(),
            Self::Plain(inner) => Ok(inner),
        }
    }
}

impl<W: Write> Write for Outlet<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Sealed(sealer) => sealer.write(bytes),
            Self::Plain(inner) => inner.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Sealed(sealer) => sealer.flush(),
            Self::Plain(inner) => inner.flush(),
        }
    }
}

/// Writes a backup of `database` into `out`, for `recipients`; for none, it is not encrypted. Ends with an error of the
/// kind `Interrupted` when `go_on` says no.
pub(super) fn write(
    out: &File,
    recipients: &[Recipient],
    manifest: &Manifest,
    database: &mut File,
    go_on: &dyn Fn() -> bool,
) -> io::Result<FileFacts> {
    let out = HashedWriter::new(BufWriter::with_capacity(1 << 18, out));
    let outlet = match recipients {
        [] => Outlet::Plain(out),
        recipients => Outlet::Sealed(Box::new(age::seal(out, recipients)?)),
    };
    let mut zstd = zstd::stream::write::Encoder::new(HashedWriter::new(outlet), LEVEL)?;
    zstd.include_checksum(true)?;
    let at = manifest.at.0.div_euclid(1_000);
    let text = serde_json::to_vec_pretty(manifest)?;
    tar::begin(&mut zstd, MANIFEST, text.len() as u64, at)?;
    zstd.write_all(&text)?;
    tar::pad(&mut zstd, text.len() as u64)?;
    tar::begin(&mut zstd, DATABASE, manifest.bytes, at)?;
    if copy(database, &mut zstd, go_on)? != manifest.bytes {
        return Err(broken("the copy of the database changed while it was read"));
    }
    tar::pad(&mut zstd, manifest.bytes)?;
    tar::end(&mut zstd)?;
    let (mut inner, hash, bytes) = zstd.finish()?.end()?.finish()?.into_parts();
    inner.flush()?;
    Ok(FileFacts { bytes, sha256: hex::encode(hash), encrypted: !recipients.is_empty() })
}

/// Reads a backup, and writes the database that is in it into `out`. When this returns, each byte is what was written.
pub(super) fn read(
    file: BufReader<File>,
    identities: Option<&[Identity]>,
    out: &mut File,
    go_on: &dyn Fn() -> bool,
) -> io::Result<Manifest> {
    match identities {
        Some(identities) => unpack(age::open(file, identities)?, out, go_on),
        None => unpack(file, out, go_on),
    }
}

fn unpack(inner: impl Read, out: &mut File, go_on: &dyn Fn() -> bool) -> io::Result<Manifest> {
    let mut zstd = zstd::stream::read::Decoder::new(HashedReader::new(inner))?;
    let bytes = tar::next(&mut zstd, MANIFEST)?;
    if bytes > MOST_MANIFEST {
        return Err(broken("its manifest is too long"));
    }
    let mut text = Vec::new();
    (&mut zstd).take(bytes).read_to_end(&mut text)?;
    tar::skip_padding(&mut zstd, bytes)?;
    let manifest: Manifest = serde_json::from_slice(&text)
        .map_err(|error| broken(&format!("its manifest cannot be read: {error}")))?;
    if manifest.format > FORMAT {
        return Err(broken("a newer program made it, in a form that this one does not know"));
    }
    let bytes = tar::next(&mut zstd, DATABASE)?;
    let mut hashed = HashedWriter::new(BufWriter::with_capacity(1 << 18, &mut *out));
    copy(&mut (&mut zstd).take(bytes), &mut hashed, go_on)?;
    let (mut inner, hash, written) = hashed.into_parts();
    inner.flush()?;
    drop(inner);
    tar::skip_padding(&mut zstd, bytes)?;
    tar::finish(&mut zstd)?;
    if written != manifest.bytes || hex::encode(hash) != manifest.sha256 {
        return Err(broken("the database in it is not the one that its manifest tells of"));
    }
    out.sync_all()?;
    Ok(manifest)
}

/// SHA-256 of a file, from where it is read.
pub(super) fn hash(file: &mut impl Read, go_on: &dyn Fn() -> bool) -> io::Result<String> {
    struct Hash(Sha256);
    impl Write for Hash {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.update(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut hash = Hash(Sha256::new());
    copy(file, &mut hash, go_on)?;
    Ok(hex::encode(hash.0.finalize()))
}

fn copy(from: &mut impl Read, to: &mut impl Write, go_on: &dyn Fn() -> bool) -> io::Result<u64> {
    let mut buffer = vec![0; 1 << 18];
    let mut copied = 0;
    loop {
        if !go_on() {
            return Err(io::Error::other(Stopped));
        }
        let read = from.read(&mut buffer)?;
        if read == 0 {
            return Ok(copied);
        }
        to.write_all(&buffer[..read])?;
        copied += read as u64;
    }
}

/// The server ends.
#[derive(Debug, thiserror::Error)]
#[error("it was stopped")]
pub(super) struct Stopped;

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

/// The time as it stands in names: `20260102T030405.600Z`. In the order of their names, backups are in that of time.
pub(super) fn stamp(at: Timestamp) -> String {
    at.to_string().chars().filter(|sign| !matches!(sign, '-' | ':')).collect()
}
