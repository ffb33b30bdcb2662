//! Escapes and bracketed classes of ECMAScript patterns, without the flag `u`.

use super::parse::{Parser, digit_of};
use super::units::UnitSet;

/// What an escape stands for, where that is one unit.
pub(super) enum Escape {
    Unit(u16),
    Class(UnitSet),
}

/// What `.` does not match: `\n`, `\r` and the separators of lines and paragraphs.
pub(super) fn line_ends() -> UnitSet {
    UnitSet::new(vec![(0x0A, 0x0A), (0x0D, 0x0D), (0x2028, 0x2029)])
}

fn digits() -> UnitSet {
    UnitSet::new(vec![(0x30, 0x39)])
}

/// `\w`: ASCII only.
pub(super) fn words() -> UnitSet {
    UnitSet::new(vec![(0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)])
}

/// `\s`: white space and line ends of ECMA-262, which go beyond ASCII.
fn spaces() -> UnitSet {
    let single = [0x20, 0xA0, 0x1680, 0x202F, 0x205F, 0x3000, 0xFEFF];
    let mut ranges = vec![(0x09, 0x0D), (0x2000, 0x200A), (0x2028, 0x2029)];
    ranges.extend(single.map(|unit| (unit, unit)));
    UnitSet::new(ranges)
}

/// The groups to which an escape refers, if it is a reference. The backslash is read.
pub(super) fn back_reference(parser: &mut Parser<'_>) -> Result<Option<Vec<usize>>, String> {
    if parser.names().any() && parser.take("k") {
        let invalid = "`\\k` names no group that there is";
        let name = if parser.take("<") { parser.try_take(Parser::name) } else { None };
        let groups = parser.names().of(&name.ok_or(invalid)?);
        return if groups.is_empty() { Err(invalid.into()) } else { Ok(Some(groups)) };
    }
    if parser.peek() == Some(u16::from(b'0')) {
        return Ok(None);
    }
    let captures = parser.names().captures();
    Ok(parser.try_take(|parser| {
        let group = usize::try_from(parser.decimal()?).ok()?;
        (group <= captures).then(|| vec![group])
    }))
}

/// One escape. The backslash is read.
pub(super) fn escape(parser: &mut Parser<'_>, in_class: bool) -> Result<Escape, String> {
    if parser.peek() == Some(u16::from(b'c')) {
        let control = parser.try_take(|parser| control_unit(parser, in_class));
        // Without a letter the backslash is itself, and `c` follows as another unit.
        return Ok(Escape::Unit(control.unwrap_or(u16::from(b'\\'))));
    }
    let unit = parser.next().ok_or("it ends in a backslash")?;
    Ok(match unit.to_le_bytes() {
        [b'd', 0] => Escape::Class(digits()),
        [b'D', 0] => Escape::Class(digits().inverted()),
        [b'w', 0] => Escape::Class(words()),
        [b'W', 0] => Escape::Class(words().inverted()),
        [b's', 0] => Escape::Class(spaces()),
        [b'S', 0] => Escape::Class(spaces().inverted()),
        [b'b', 0] if in_class => Escape::Unit(0x08),
        [b't', 0] => Escape::Unit(0x09),
        [b'n', 0] => Escape::Unit(0x0A),
        [b'v', 0] => Escape::Unit(0x0B),
        [b'f', 0] => Escape::Unit(0x0C),
        [b'r', 0] => Escape::Unit(0x0D),
        [b'x', 0] => Escape::Unit(parser.hexadecimal(2).unwrap_or(unit)),
        [b'u', 0] => Escape::Unit(parser.hexadecimal(4).unwrap_or(unit)),
        [b'k', 0] if parser.names().any() => return Err("`\\k` names no group".into()),
        [first @ b'0'..=b'7', 0] => Escape::Unit(octal(parser, u16::from(first - b'0'))),
        _ => Escape::Unit(unit),
    })
}

fn control_unit(parser: &mut Parser<'_>, in_class: bool) -> Option<u16> {
    parser.next()?;
    let [letter, 0] = parser.next()?.to_le_bytes() else {
        return None;
    };
    let allowed = letter.is_ascii_alphabetic() || (in_class && (letter.is_ascii_digit() || letter == b'_'));
    allowed.then_some(u16::from(letter % 32))
}

/// The rest of an octal escape: at most three digits, at most 255.
fn octal(parser: &mut Parser<'_>, first: u16) -> u16 {
    let mut value = first;
    for _ in 0..if first < 4 { 2 } else { 1 } {
        let digit =
            parser.peek().and_then(|unit| digit_of(unit, 8)).and_then(|digit| u16::try_from(digit).ok());
        let Some(digit) = digit else {
            break;
        };
        parser.next();
        value = value * 8 + digit;
    }
    value
}

/// A class, its `[` read: its units, and whether they are the ones that it does not match.
pub(super) fn parse(parser: &mut Parser<'_>) -> Result<(UnitSet, bool), String> {
    const DASH: u16 = 0x2D;
    let inverted = parser.take("^");
    let mut ranges = Vec::new();
    while !parser.take("]") {
        let first = atom(parser)?;
        if !parser.take("-") {
            add(&mut ranges, &first);
            continue;
        }
        if parser.peek() == Some(u16::from(b']')) {
            add(&mut ranges, &first);
            ranges.push((DASH, DASH));
            continue;
        }
        match (first, atom(parser)?) {
            (Escape::Unit(first), Escape::Unit(last)) if first > last => {
                return Err("a range of a class is out of order".into());
            }
            (Escape::Unit(first), Escape::Unit(last)) => ranges.push((first, last)),
            (first, last) => {
                add(&mut ranges, &first);
                ranges.push((DASH, DASH));
                add(&mut ranges, &last);
            }
        }
    }
    Ok((UnitSet::new(ranges), inverted))
}

fn atom(parser: &mut Parser<'_>) -> Result<Escape, String> {
    if parser.take("\\") {
        return escape(parser, true);
    }
    Ok(Escape::Unit(parser.next().ok_or("a `[` has no `]`")?))
}

fn add(ranges: &mut Vec<(u16, u16)>, atom: &Escape) {
    match atom {
        Escape::Unit(unit) => ranges.push((*unit, *unit)),
        Escape::Class(set) => ranges.extend_from_slice(set.ranges()),
    }
}
