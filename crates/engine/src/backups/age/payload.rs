//! What follows the header: pieces of 64 KiB, each sealed under its number.

use std::io::{self, BufRead, Read, Write};

use ring::aead::{Aad, LessSafeKey, Nonce};

use super::damaged;
use super::header::aead_key;

const PIECE: usize = 64 << 10;
const TAG: usize = 16;

/// Counts pieces.
struct Key {
    key: io::Result<LessSafeKey>,
    number: u64,
}

impl Key {
    fn new(key: &[u8; 32]) -> Self {
        Self { key: aead_key(key), number: 0 }
    }

    /// The key and the nonce of the next piece. No number comes twice, and none is the last one's and another's.
    fn next(&mut self, last: bool) -> io::Result<(&LessSafeKey, Nonce)> {
        let mut nonce = [0; 12];
        nonce[3..11].copy_from_slice(&self.number.to_be_bytes());
        nonce[11] = u8::from(last);
        self.number += 1;
        let key = self.key.as_ref().map_err(|error| damaged(&error.to_string()))?;
        Ok((key, Nonce::assume_unique_for_key(nonce)))
    }
}

/// Seals what is written to it. Without [`finish`](Self::finish), what was written is no file.
pub(in crate::backups) struct Sealer<W> {
    inner: W,
    key: Key,
    piece: Vec<u8>,
}

impl<W: Write> Sealer<W> {
    pub(super) fn new(inner: W, key: &[u8; 32]) -> Self {
        Self { inner, key: Key::new(key), piece: Vec::with_capacity(PIECE + TAG) }
    }

    /// Writes the last piece.
    pub(in crate::backups) fn finish(mut self) -> io::Result<W> {
        self.put(true)?;
        Ok(self.inner)
    }

    fn put(&mut self, last: bool) -> io::Result<()> {
        let (key, nonce) = self.key.next(last)?;
        key.seal_in_place_append_tag(nonce, Aad::empty(), &mut self.piece)
            .map_err(|_| damaged("a piece cannot be sealed"))?;
        self.inner.write_all(&self.piece)?;
        self.piece.clear();
        Ok(())
    }
}

impl<W: Write> Write for Sealer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full piece waits for what follows: it may be the last.
        if self.piece.len() == PIECE && !bytes.is_empty() {
            self.put(false)?;
        }
        let taken = bytes.len().min(PIECE - self.piece.len());
        self.piece.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Opens what is read from it. It ends in an error where the file is not what was sealed.
pub(in crate::backups) struct Opener<R> {
    inner: R,
    key: Key,
    piece: Vec<u8>,
    read: usize,
    at_end: bool,
}

impl<R: BufRead> Opener<R> {
    pub(super) fn new(inner: R, key: &[u8; 32]) -> Self {
        Self { inner, key: Key::new(key), piece: Vec::new(), read: 0, at_end: false }
    }

    fn next(&mut self) -> io::Result<()> {
        let first = self.key.number == 0;
        self.piece.clear();
        self.read = 0;
        (&mut self.inner).take((PIECE + TAG) as u64).read_to_end(&mut self.piece)?;
        self.at_end = self.inner.fill_buf()?.is_empty();
        let (key, nonce) = self.key.next(self.at_end)?;
        let broken = || damaged("it was cut off, or is not what was written");
        let length = key.open_in_place(nonce, Aad::empty(), &mut self.piece).map_err(|_| broken())?.len();
        self.piece.truncate(length);
        if length == 0 && !first { Err(broken()) } else { Ok(()) }
    }
}

impl<R: BufRead> Read for Opener<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.read == self.piece.len() {
            if self.at_end {
                return Ok(0);
            }
            self.next()?;
        }
        let left = &self.piece[self.read..];
        let taken = left.len().min(into.len());
        into[..taken].copy_from_slice(&left[..taken]);
        self.read += taken;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Identity, open, seal};
    use super::*;

    fn sealed(bytes: &[u8], identity: &Identity) -> Vec<u8> {
        let mut sealer = seal(Vec::new(), &[identity.recipient()]).unwrap();
        sealer.write_all(bytes).unwrap();
        sealer.finish().unwrap()
    }

    fn opened(file: &[u8], identity: &Identity) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        open(file, std::slice::from_ref(identity))?.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    #[test]
    fn what_was_sealed_is_opened_by_its_key_alone() {
        let (ours, other) = (Identity::draw().unwrap(), Identity::draw().unwrap());
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE] {
            let bytes: Vec<u8> = (0..=250).cycle().take(length).collect();
            let file = sealed(&bytes, &ours);
            assert!(opened(&file, &ours).unwrap() == bytes, "{length}");
            assert_eq!(opened(&file, &other).unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        }
    }

    #[test]
    fn a_file_that_was_cut_off_or_altered_does_not_open() {
        let ours = Identity::draw().unwrap();
        let file = sealed(&vec![7; 2 * PIECE], &ours);
        let mut ends: Vec<usize> = (0..200).collect();
        ends.extend([file.len() - 1, file.len() - PIECE - TAG, file.len() - PIECE]);
        for end in ends {
            assert!(opened(&file[..end], &ours).is_err(), "cut at {end}");
        }
        for place in (0..300).chain((300..file.len()).step_by(4_099)) {
            let mut altered = file.clone();
            altered[place] ^= 1;
            assert!(opened(&altered, &ours).is_err(), "altered at {place}");
        }
        let mut longer = file;
        longer.push(0);
        assert!(opened(&longer, &ours).is_err());
    }
}
