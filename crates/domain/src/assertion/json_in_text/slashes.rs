//! Comments after `//`, which YAML does not have: they are rewritten to `#`.

use std::ops::ControlFlow;

use super::super::javascript::is_space;

const SLASH: u16 = b'/' as u16;
const SINGLE: u16 = b'\'' as u16;
const DOUBLE: u16 = b'"' as u16;
const BACKSLASH: u16 = b'\\' as u16;
const NEW_LINE: u16 = b'\n' as u16;

/// Where in a line a unit stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Nothing,
    Single,
    Double,
}

/// Rewrites each line; texts in quotation marks end with their line. `https://` is no comment.
pub(super) fn to_hashes(text: &[u16]) -> Vec<u16> {
    let mut written = Vec::with_capacity(text.len());
    for (number, line) in text.split(|unit| *unit == NEW_LINE).enumerate() {
        if number > 0 {
            written.push(NEW_LINE);
        }
        rewrite(line, &mut written);
    }
    written
}

fn rewrite(line: &[u16], written: &mut Vec<u16>) {
    let mut within = Within::Nothing;
    // Whether the word so far has `://`, and where it began.
    let mut word = 0;
    for (index, unit) in line.iter().copied().enumerate() {
        if is_white(unit) {
            word = index + 1;
        }
        let letter = |index: Option<usize>| {
            index.and_then(|index| line.get(index)).is_some_and(|unit| is_letter(*unit))
        };
        match (within, unit) {
            // An apostrophe after a letter opens no text, and one before a letter closes none.
            (Within::Nothing, SINGLE) if !letter(index.checked_sub(1)) => within = Within::Single,
            (Within::Nothing, DOUBLE) => within = Within::Double,
            (Within::Nothing, SLASH) if line.get(index + 1) == Some(&SLASH) => {
                if let ControlFlow::Break(()) = comment(line, word, index, written) {
                    return;
                }
            }
            (Within::Single, SINGLE) if !is_escaped(line, index) && !letter(Some(index + 1)) => {
                within = Within::Nothing;
            }
            (Within::Double, DOUBLE) if !is_escaped(line, index) => within = Within::Nothing,
            _ => {}
        }
        written.push(unit);
    }
}

/// Writes the rest of the line as a comment, unless the word that begins at `word` is an address.
fn comment(line: &[u16], word: usize, index: usize, written: &mut Vec<u16>) -> ControlFlow<()> {
    let address: [u16; 3] = [u16::from(b':'), SLASH, SLASH];
    if line[word..index + 2].windows(3).any(|units| units == address) {
        return ControlFlow::Continue(());
    }
    let slashes = line[index..].iter().take_while(|unit| **unit == SLASH).count();
    written.extend(std::iter::repeat_n(u16::from(b'#'), slashes / 2));
    written.extend_from_slice(&line[index + slashes..]);
    ControlFlow::Break(())
}

fn is_escaped(line: &[u16], index: usize) -> bool {
    line[..index].iter().rev().take_while(|unit| **unit == BACKSLASH).count() % 2 == 1
}

fn is_letter(unit: u16) -> bool {
    u8::try_from(unit).is_ok_and(|byte| byte.is_ascii_alphabetic())
}

fn is_white(unit: u16) -> bool {
    char::from_u32(unit.into()).is_some_and(is_space)
}
