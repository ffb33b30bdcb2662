//! Lines out of the chunks that a body comes in.

use std::ops::ControlFlow;

use crate::error::CallError;
use crate::failure;

/// The longest line that is read.
pub(crate) const LINE_LIMIT: usize = 1024 * 1024;

/// Cuts chunks into lines. A line that lies within one chunk, which is nearly each, is not copied.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    begun: Vec<u8>,
}

impl Lines {
    /// Gives each line that `chunk` completes to `each`, until that breaks.
    pub(crate) fn feed(
        &mut self,
        chunk: &[u8],
        mut each: impl FnMut(&[u8]) -> Result<ControlFlow<()>, CallError>,
    ) -> Result<ControlFlow<()>, CallError> {
        let mut rest = chunk;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (line, after) = (&rest[..end], &rest[end + 1..]);
            rest = after;
            let flow = if self.begun.is_empty() {
                within_limit(line.len())?;
                each(line)?
            } else {
                self.begin(line)?;
                let flow = each(&self.begun)?;
                self.begun.clear();
                flow
            };
            if flow.is_break() {
                return Ok(flow);
            }
        }
        self.begin(rest)?;
        Ok(ControlFlow::Continue(()))
    }

    /// What stands after the last line break.
    pub(crate) fn last(&self) -> &[u8] {
        &self.begun
    }

    fn begin(&mut self, part: &[u8]) -> Result<(), CallError> {
        within_limit(self.begun.len() + part.len())?;
        self.begun.extend_from_slice(part);
        Ok(())
    }
}

pub(crate) fn within_limit(length: usize) -> Result<(), CallError> {
    if length > LINE_LIMIT { Err(failure::too_large("a line", LINE_LIMIT)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::CallErrorKind;

    fn cut_at(text: &[u8], size: usize) -> (Vec<Vec<u8>>, Vec<u8>) {
        let mut lines = Lines::default();
        let mut found = Vec::new();
        for chunk in text.chunks(size) {
            let flow = lines.feed(chunk, |line| {
                found.push(line.to_vec());
                Ok(ControlFlow::Continue(()))
            });
            assert_eq!(flow, Ok(ControlFlow::Continue(())));
        }
        (found, lines.last().to_vec())
    }

    #[test]
    fn lines_are_the_same_whatever_the_chunks() {
        let text = "{\"a\":\"ä\"}\n\n{\"b\":2}\r\nrest".as_bytes();
        let expected: Vec<Vec<u8>> =
            ["{\"a\":\"ä\"}", "", "{\"b\":2}\r"].map(|line| line.as_bytes().to_vec()).into();
        for size in 1..=text.len() {
            assert_eq!(cut_at(text, size), (expected.clone(), b"rest".to_vec()), "{size}");
        }
    }

    #[test]
    fn nothing_is_given_after_a_break() {
        let mut lines = Lines::default();
        let mut found = 0;
        let flow = lines.feed(b"1\n2\n3\n", |_| {
            found += 1;
            Ok(if found == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        });
        assert_eq!((flow, found), (Ok(ControlFlow::Break(())), 2));
    }

    #[test]
    fn a_line_beyond_the_limit_is_an_error_in_one_chunk_and_in_many() {
        let fill = vec![b'x'; LINE_LIMIT];
        let ignore = |_: &[u8]| Ok(ControlFlow::Continue(()));
        let mut lines = Lines::default();
        assert!(lines.feed(&fill, ignore).is_ok());
        assert!(lines.feed(b"\n", ignore).is_ok());
        let one = Lines::default().feed(&[&fill[..], b"x\n"].concat(), ignore);
        assert_eq!(one.expect_err("too long").kind, CallErrorKind::TooLarge);
        assert!(lines.feed(&fill, ignore).is_ok());
        assert_eq!(lines.feed(b"x", ignore).expect_err("too long").kind, CallErrorKind::TooLarge);
    }
}
