//! The end of what is compressed: a hash of all before it, in a frame that `zstd` skips. Where a backup is not sealed,
//! nothing else would notice each altered bit.

use std::io::{self, Read, Write};

use sha2::{Digest, Sha256};

/// The magic number of a frame that is skipped, and the length of what it holds.
const FRAME: [u8; 8] = [0x5e, 0x2a, 0x4d, 0x18, 32, 0, 0, 0];
const LENGTH: usize = FRAME.len() + 32;

/// Hashes what is written to it.
pub(super) struct HashedWriter<W> {
    inner: W,
    hash: Sha256,
    bytes: u64,
}

impl<W: Write> HashedWriter<W> {
    pub(super) fn new(inner: W) -> Self {
        Self { inner, hash: Sha256::new(), bytes: 0 }
    }

    /// What was written to, its hash and its length.
    pub(super) fn into_parts(self) -> (W, [u8; 32], u64) {
        (self.inner, self.hash.finalize().into(), self.bytes)
    }

    /// Writes the hash behind the rest.
    pub(super) fn end(self) -> io::Result<W> {
        let (mut inner, hash, _) = self.into_parts();
        inner.write_all(&FRAME)?;
        inner.write_all(&hash)?;
        Ok(inner)
    }
}

impl<W: Write> Write for HashedWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = self.inner.write(bytes)?;
        self.hash.update(&bytes[..taken]);
        self.bytes += taken as u64;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Reads what stands before the hash. Its end is an error, unless the hash is that of what was read.
pub(super) struct HashedReader<R> {
    inner: R,
    hash: Sha256,
    /// Read and not yet handed on: it may be the hash.
    held: Vec<u8>,
    ended: bool,
}

impl<R: Read> HashedReader<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, hash: Sha256::new(), held: Vec::new(), ended: false }
    }

    fn check(&mut self) -> io::Result<()> {
        let hash: [u8; 32] = self.hash.clone().finalize().into();
        if self.held[..] == [&FRAME[..], &hash].concat() {
            Ok(())
        } else {
            let reason = "it was cut off, or is not what was written";
            Err(io::Error::new(io::ErrorKind::InvalidData, reason))
        }
    }
}

impl<R: Read> Read for HashedReader<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while !self.ended && self.held.len() <= LENGTH {
            let before = self.held.len();
            self.held.resize(before + (64 << 10), 0);
            let read = self.inner.read(&mut self.held[before..])?;
            self.held.truncate(before + read);
            if read == 0 {
                self.ended = true;
                self.check()?;
            }
        }
        let taken = self.held.len().saturating_sub(LENGTH).min(into.len());
        into[..taken].copy_from_slice(&self.held[..taken]);
        self.hash.update(&self.held[..taken]);
        self.held.drain(..taken);
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &[u8]) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        HashedReader::new(file).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    #[test]
    fn each_altered_or_missing_byte_is_noticed() {
        for length in [0, 1, 39, 40, 41, 200_000] {
            let mut writer = HashedWriter::new(Vec::new());
            writer.write_all(&vec![9; length]).unwrap();
            let file = writer.end().unwrap();
            assert_eq!(read(&file).unwrap(), vec![9; length]);
            for place in (0..file.len()).step_by(1 + length / 100).chain(file.len() - LENGTH..file.len()) {
                let mut altered = file.clone();
                altered[place] ^= 4;
                assert!(read(&altered).is_err(), "{place} of {length}");
                assert!(read(&file[..place]).is_err(), "cut at {place} of {length}");
            }
        }
    }
}
