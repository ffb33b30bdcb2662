//! Texts of a flow mapping: in quotation marks of either kind, and plain.

use super::{Reader, is_blank, is_break, is_indicator};

/// As everywhere, None says that the text is no flow mapping.
impl Reader<'_> {
    pub(super) fn single_quoted(&mut self) -> Option<String> {
        let mut text = Folded::default();
        self.position += 1;
        loop {
            match self.peek()? {
                unit if unit == u16::from(b'\'') => {
                    self.position += 1;
                    if !self.is_at(b'\'') {
                        return Some(text.finish());
                    }
                    text.push_kept(unit);
                    self.position += 1;
                }
                unit => self.quoted_unit(unit, &mut text)?,
            }
        }
    }

    pub(super) fn double_quoted(&mut self) -> Option<String> {
        let mut text = Folded::default();
        self.position += 1;
        loop {
            match self.peek()? {
                unit if unit == u16::from(b'"') => {
                    self.position += 1;
                    return Some(text.finish());
                }
                unit if unit == u16::from(b'\\') => {
                    self.position += 1;
                    text.keep();
                    if self.peek().is_some_and(is_break) {
                        self.skip_space(false);
                    } else {
                        self.escape(&mut text)?;
                    }
                }
                unit => self.quoted_unit(unit, &mut text)?,
            }
        }
    }

    /// A unit of a text in quotation marks, which is neither their end nor escaped.
    fn quoted_unit(&mut self, unit: u16, text: &mut Folded) -> Option<()> {
        if is_break(unit) {
            text.fold(self.breaks());
        } else if self.at_document_marker() || (unit < 32 && unit != u16::from(b'\t')) {
            return None;
        } else {
            text.push(unit);
            self.position += 1;
        }
        Some(())
    }

    /// Passes line breaks and the space around them, and counts the breaks.
    fn breaks(&mut self) -> usize {
        let line = self.line;
        self.skip_space(false);
        self.line - line
    }

    fn escape(&mut self, text: &mut Folded) -> Option<()> {
        let escaped = u8::try_from(self.peek()?).ok()?;
        self.position += 1;
        let digits = match escaped {
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            _ => {
                text.push_kept(simple_escape(escaped)?);
                return Some(());
            }
        };
        let mut code = 0_u32;
        for _ in 0..digits {
            let digit = char::from_u32(self.peek()?.into())?.to_digit(16)?;
            code = code.wrapping_mul(16).wrapping_add(digit);
            self.position += 1;
        }
        match (u16::try_from(code), char::from_u32(code)) {
            // Half of a pair is what it is; two halves make a character.
            (Ok(unit), _) => text.push_kept(unit),
            (Err(_), Some(character)) => {
                character.encode_utf16(&mut [0; 2]).iter().for_each(|unit| text.push_kept(*unit));
            }
            (Err(_), None) => text.push_kept(0xFFFD),
        }
        Some(())
    }

    /// A scalar without quotation marks. Some(None) where none begins.
    #[expect(clippy::option_option, reason = "the outer one is that of every method here")]
    pub(super) fn plain(&mut self) -> Option<Option<String>> {
        let Some(first) = self.peek() else { return Some(None) };
        let next_ends =
            self.peek_at(1).is_none_or(|unit| is_blank(unit) || is_break(unit) || is_indicator(unit));
        let starts = match u8::try_from(first) {
            Ok(b'#' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\'' | b'"' | b'%' | b'@' | b'`') => false,
            Ok(b'?' | b'-' | b':') if next_ends => false,
            _ => !is_blank(first) && !is_break(first) && !is_indicator(first),
        };
        if !starts {
            return Some(None);
        }
        let mut text = Folded::default();
        while let Some(unit) = self.peek() {
            let ends = |unit: u16| is_blank(unit) || is_break(unit) || is_indicator(unit);
            if is_indicator(unit)
                || (unit == u16::from(b':') && self.peek_at(1).is_none_or(ends))
                || (unit == u16::from(b'#')
                    && self.before().is_some_and(|before| is_blank(before) || is_break(before)))
                || self.at_document_marker()
            {
                break;
            }
            if is_break(unit) {
                text.fold(self.breaks());
            } else {
                if !is_printable(unit) {
                    return None;
                }
                text.push(unit);
                self.position += 1;
            }
        }
        text.finish_plain().map(Some)
    }
}

/// A text whose line breaks are folded: the space around them goes, one break is a space, more are one less.
#[derive(Default)]
struct Folded {
    units: Vec<u16>,
    /// How much of it stays when a line break follows: the blanks after it go.
    kept: usize,
    /// How long it was before its last breaks, where nothing followed them.
    before_breaks: Option<usize>,
}

impl Folded {
    fn push(&mut self, unit: u16) {
        self.units.push(unit);
        if !is_blank(unit) {
            self.keep();
        }
    }

    fn push_kept(&mut self, unit: u16) {
        self.units.push(unit);
        self.keep();
    }

    fn keep(&mut self) {
        self.kept = self.units.len();
        self.before_breaks = None;
    }

    fn fold(&mut self, breaks: usize) {
        self.units.truncate(self.kept);
        self.before_breaks = Some(self.kept);
        match breaks {
            1 => self.units.push(u16::from(b' ')),
            more => self.units.extend(std::iter::repeat_n(u16::from(b'\n'), more.saturating_sub(1))),
        }
        self.kept = self.units.len();
    }

    fn finish(self) -> String {
        String::from_utf16_lossy(&self.units)
    }

    /// Without the blanks and breaks at its end. None: it has half of a surrogate pair.
    fn finish_plain(mut self) -> Option<String> {
        self.units.truncate(self.before_breaks.unwrap_or(self.kept));
        String::from_utf16(&self.units).ok()
    }
}

fn simple_escape(escaped: u8) -> Option<u16> {
    Some(match escaped {
        b'0' => 0,
        b'a' => 7,
        b'b' => 8,
        b't' | b'\t' => 9,
        b'n' => 10,
        b'v' => 11,
        b'f' => 12,
        b'r' => 13,
        b'e' => 27,
        b' ' | b'"' | b'/' | b'\\' => escaped.into(),
        b'N' => 0x85,
        b'_' => 0xA0,
        b'L' => 0x2028,
        b'P' => 0x2029,
        _ => return None,
    })
}

/// Whether a plain scalar may have it. Halves of surrogate pairs are found out later.
fn is_printable(unit: u16) -> bool {
    !matches!(unit, 0..=8 | 0xB | 0xC | 0xE..=0x1F | 0x7F..=0x84 | 0x86..=0x9F | 0xFFFE | 0xFFFF)
}
