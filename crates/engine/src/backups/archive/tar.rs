//! Just as much of tar as a backup needs: two regular files, one after the other. `tar -x` reads it.

use std::io::{self, Read, Write};

const BLOCK: usize = 512;
/// The longest size that fits in octal digits: 8 GiB. A longer one is written in base 256, as GNU does.
const OCTAL: u64 = 1 << 33;

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

/// Writes the header of a file of so many bytes. `at`: seconds since 1970.
pub(super) fn begin(out: &mut impl Write, name: &str, bytes: u64, at: i64) -> io::Result<()> {
    out.write_all(&header(name, bytes, at))
}

/// Fills the last block of a file of so many bytes.
pub(super) fn pad(out: &mut impl Write, bytes: u64) -> io::Result<()> {
    out.write_all(&[0; BLOCK][..padding(bytes)])
}

/// Writes the end.
pub(super) fn end(out: &mut impl Write) -> io::Result<()> {
    out.write_all(&[0; 2 * BLOCK])
}

/// Reads the header of the next file, which must have this name; its length.
pub(super) fn next(from: &mut impl Read, name: &str) -> io::Result<u64> {
    let mut found = [0; BLOCK];
    from.read_exact(&mut found)?;
    let (bytes, at) = (number(&found[124..136])?, number(&found[136..148])?);
    let at = i64::try_from(at).map_err(|_| broken("a time in it makes no sense"))?;
    if found == header(name, bytes, at) { Ok(bytes) } else { Err(broken("it is no backup of Promptcards")) }
}

/// Reads to the end of the last block of a file of so many bytes.
pub(super) fn skip_padding(from: &mut impl Read, bytes: u64) -> io::Result<()> {
    let mut rest = [0; BLOCK];
    let rest = &mut rest[..padding(bytes)];
    from.read_exact(rest)?;
    if rest.iter().all(|byte| *byte == 0) { Ok(()) } else { Err(broken("there is more in it than files")) }
}

/// Reads the end, after which there must be nothing.
pub(super) fn finish(from: &mut impl Read) -> io::Result<()> {
    let mut rest = Vec::new();
    from.take(4 * BLOCK as u64).read_to_end(&mut rest)?;
    if rest == [0; 2 * BLOCK] { Ok(()) } else { Err(broken("it does not end where it should")) }
}

fn padding(bytes: u64) -> usize {
    let used = usize::try_from(bytes % BLOCK as u64).unwrap_or(0);
    (BLOCK - used) % BLOCK
}

fn header(name: &str, bytes: u64, at: i64) -> [u8; BLOCK] {
    let mut header = [0; BLOCK];
    let mut put = |place: usize, text: &[u8]| header[place..place + text.len()].copy_from_slice(text);
    put(0, name.as_bytes());
    put(100, b"0000600\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    if bytes < OCTAL {
        put(124, format!("{bytes:011o}\0").as_bytes());
    } else {
        put(124, &[0x80]);
        put(128, &bytes.to_be_bytes());
    }
    put(136, format!("{:011o}\0", at.max(0)).as_bytes());
    put(148, b"        ");
    put(156, b"0");
    put(257, b"ustar\x0000");
    let sum: u64 = header.iter().map(|byte| u64::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header
}

fn number(field: &[u8]) -> io::Result<u64> {
    if field.first() == Some(&0x80) {
        let bytes = field.get(4..12).and_then(|bytes| bytes.try_into().ok());
        return bytes.map(u64::from_be_bytes).ok_or_else(|| broken("a length in it makes no sense"));
    }
    let digits = std::str::from_utf8(&field[..11]).ok();
    let number = digits.and_then(|digits| u64::from_str_radix(digits, 8).ok());
    number.ok_or_else(|| broken("it is no backup of Promptcards"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_as_it_is_written_whatever_the_length() {
        for bytes in [0, 1, 511, 512, OCTAL - 1, OCTAL, u64::MAX] {
            let mut file = Vec::new();
            begin(&mut file, "promptcards.db", bytes, 1_767_323_045).unwrap();
            assert_eq!(next(&mut file.as_slice(), "promptcards.db").unwrap(), bytes);
            assert!(next(&mut file.as_slice(), "manifest.json").is_err());
        }
        assert_eq!([padding(0), padding(1), padding(512)], [0, 511, 0]);
    }
}
