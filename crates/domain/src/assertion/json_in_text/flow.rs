//! A flow mapping of YAML 1.2 with the core schema and merge keys, and nothing around it but comments.
//!
//! Left out: tags other than `!`, and aliases to the mapping that they stand in. What has them does not read.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::scalar::{Scalar, resolve};
use crate::assertion::javascript::string_of;

/// How deep collections may be nested. That which was reached has scalars one level deeper.
const DEPTH_LIMIT: usize = 100;
/// Most values that aliases may stand for, so that they cannot multiply.
const ALIASED_LIMIT: usize = 100_000;

/// The mapping that the text is, if it is one.
pub(super) fn read(text: &[u16]) -> Option<Value> {
    if text.contains(&0) {
        return None;
    }
    let mut reader = Reader { text, position: 0, line: 0, anchors: HashMap::new(), aliased: 0 };
    let node = reader.node(1).filter(|node| matches!(node, Node::Value(Value::Object(_))))?;
    reader.skip_space(true);
    if reader.at_document_marker() && reader.peek() == Some(DOT) {
        reader.position += 3;
        reader.skip_space(true);
    }
    reader.peek().is_none().then(|| node.into_value())
}

const DOT: u16 = b'.' as u16;

#[derive(Debug, Clone)]
enum Node {
    Value(Value),
    Time,
    Merge,
}

impl Node {
    fn null() -> Self {
        Self::Value(Value::Null)
    }

    /// A time has no keys of its own, so that a schema sees an empty object.
    fn into_value(self) -> Value {
        match self {
            Self::Value(value) => value,
            Self::Time => Value::Object(Map::new()),
            Self::Merge => Value::from("<<"),
        }
    }
}

/// What stands before a node.
#[derive(Default)]
struct Properties {
    anchor: Option<String>,
    /// `!`: a scalar is a text, whatever it looks like.
    text: bool,
    /// A line follows them that is not indented. Then they are those of an empty scalar.
    alone: bool,
}

struct Reader<'a> {
    text: &'a [u16],
    position: usize,
    line: usize,
    anchors: HashMap<String, Node>,
    aliased: usize,
}

/// Methods that read give None where the text is no flow mapping; then nothing more is read.
impl Reader<'_> {
    fn peek(&self) -> Option<u16> {
        self.peek_at(0)
    }

    fn peek_at(&self, offset: usize) -> Option<u16> {
        self.text.get(self.position + offset).copied()
    }

    fn is_at(&self, byte: u8) -> bool {
        self.peek() == Some(u16::from(byte))
    }

    fn before(&self) -> Option<u16> {
        self.position.checked_sub(1).map(|before| self.text[before])
    }

    fn at_line_start(&self) -> bool {
        self.before().is_none_or(is_break)
    }

    /// Passes spaces, line breaks, and comments where they may stand.
    fn skip_space(&mut self, comments: bool) {
        loop {
            let separated = self.before().is_none_or(|before| is_blank(before) || is_break(before));
            match self.peek() {
                Some(unit) if is_blank(unit) => self.position += 1,
                Some(unit) if is_break(unit) => {
                    let both = unit == u16::from(b'\r') && self.peek_at(1) == Some(u16::from(b'\n'));
                    self.position += 1 + usize::from(both);
                    self.line += 1;
                }
                Some(unit) if comments && separated && unit == u16::from(b'#') => {
                    while self.peek().is_some_and(|unit| !is_break(unit)) {
                        self.position += 1;
                    }
                }
                _ => return,
            }
        }
    }

    /// `---` or `...` at the start of a line.
    fn at_document_marker(&self) -> bool {
        let marker = self.at_line_start()
            && self.peek().is_some_and(|unit| unit == DOT || unit == u16::from(b'-'))
            && self.peek_at(1) == self.peek()
            && self.peek_at(2) == self.peek();
        marker && self.peek_at(3).is_none_or(|unit| is_blank(unit) || is_break(unit))
    }

    /// A node with its properties. Some(None) where there is none.
    #[expect(clippy::option_option, reason = "the outer one is that of every method here")]
    fn optional_node(&mut self, depth: usize) -> Option<Option<Node>> {
        if depth >= DEPTH_LIMIT {
            return None;
        }
        if self.at_document_marker() {
            return Some(None);
        }
        let begun = self.position;
        let properties = self.properties()?;
        let node = match self.peek().and_then(|unit| u8::try_from(unit).ok()) {
            _ if properties.alone => {
                Some(if properties.text { Node::Value("".into()) } else { Node::null() })
            }
            Some(b'{') => Some(Node::Value(self.mapping(depth)?)),
            Some(b'[') => Some(Node::Value(self.sequence(depth)?)),
            Some(b'\'') => Some(Node::Value(self.single_quoted()?.into())),
            Some(b'"') => Some(Node::Value(self.double_quoted()?.into())),
            Some(b'*') => return if self.position == begun { Some(Some(self.alias()?)) } else { None },
            _ => match self.plain()? {
                Some(text) if properties.text => Some(Node::Value(text.into())),
                Some(text) => Some(scalar(&text)),
                None if properties.text => Some(Node::Value("".into())),
                None => (self.position != begun).then(Node::null),
            },
        };
        if let (Some(name), Some(node)) = (properties.anchor, &node) {
            self.anchors.insert(name, node.clone());
        }
        Some(node)
    }

    fn node(&mut self, depth: usize) -> Option<Node> {
        self.optional_node(depth)?
    }

    fn properties(&mut self) -> Option<Properties> {
        let mut properties = Properties::default();
        loop {
            if self.is_at(b'&') && properties.anchor.is_none() {
                properties.anchor = Some(self.name()?);
            } else if self.is_at(b'!') && !properties.text {
                self.position += 1;
                let ends =
                    self.peek().is_none_or(|unit| is_blank(unit) || is_break(unit) || is_indicator(unit));
                if !ends {
                    return None;
                }
                properties.text = true;
            } else if self.is_at(b'&') || self.is_at(b'!') {
                return None;
            } else {
                return Some(properties);
            }
            let line = self.line;
            self.skip_space(true);
            let indented =
                self.text[..self.position].iter().rev().take_while(|unit| !is_break(**unit)).last();
            if self.line > line && indented != Some(&u16::from(b' ')) {
                properties.alone = true;
                return Some(properties);
            }
        }
    }

    /// The name of an anchor or an alias, after its sign.
    fn name(&mut self) -> Option<String> {
        self.position += 1;
        let begin = self.position;
        while self.peek().is_some_and(|unit| !is_blank(unit) && !is_break(unit) && !is_indicator(unit)) {
            self.position += 1;
        }
        (self.position > begin).then(|| String::from_utf16_lossy(&self.text[begin..self.position]))
    }

    fn alias(&mut self) -> Option<Node> {
        let name = self.name()?;
        let node = self.anchors.get(&name)?;
        self.aliased += match node {
            Node::Value(value) => count(value),
            Node::Time | Node::Merge => 1,
        };
        (self.aliased <= ALIASED_LIMIT).then(|| node.clone())
    }

    fn mapping(&mut self, depth: usize) -> Option<Value> {
        let mut map = Map::new();
        self.position += 1;
        loop {
            self.skip_space(true);
            if self.is_at(b'}') {
                self.position += 1;
                return Some(Value::Object(map));
            }
            let explicit = self.explicit_key();
            let key = self.entry_node(depth)?;
            let value = if self.is_at(b':') {
                self.position += 1;
                self.skip_space(true);
                self.entry_node(depth)?.unwrap_or_else(Node::null)
            } else if key.is_none() && !explicit {
                return None;
            } else {
                Node::null()
            };
            insert(&mut map, key.unwrap_or_else(Node::null), value)?;
            if !self.goes_on(b'}')? {
                return Some(Value::Object(map));
            }
        }
    }

    fn sequence(&mut self, depth: usize) -> Option<Value> {
        let mut values = Vec::new();
        self.position += 1;
        loop {
            self.skip_space(true);
            if self.is_at(b']') {
                self.position += 1;
                return Some(Value::Array(values));
            }
            let explicit = self.explicit_key();
            let line = self.line;
            let key = self.entry_node(depth)?;
            let pair = (explicit || self.line == line) && self.is_at(b':');
            if pair || explicit {
                // A pair within a list is a mapping of one entry.
                let mut value = None;
                if pair {
                    self.position += 1;
                    self.skip_space(true);
                    value = self.entry_node(depth)?;
                }
                let mut map = Map::new();
                insert(&mut map, key.unwrap_or_else(Node::null), value.unwrap_or_else(Node::null))?;
                values.push(Value::Object(map));
            } else {
                values.push(key?.into_value());
            }
            if !self.goes_on(b']')? {
                return Some(Value::Array(values));
            }
        }
    }

    /// Passes `? `.
    fn explicit_key(&mut self) -> bool {
        let explicit =
            self.is_at(b'?') && self.peek_at(1).is_some_and(|unit| is_blank(unit) || is_break(unit));
        if explicit {
            self.position += 1;
            self.skip_space(true);
        }
        explicit
    }

    #[expect(clippy::option_option, reason = "the outer one is that of every method here")]
    fn entry_node(&mut self, depth: usize) -> Option<Option<Node>> {
        let node = self.optional_node(depth + 1)?;
        self.skip_space(true);
        Some(node)
    }

    /// After an entry: true after a comma, false after the end.
    fn goes_on(&mut self, end: u8) -> Option<bool> {
        self.skip_space(true);
        let comma = self.is_at(b',');
        if !comma && !self.is_at(end) {
            return None;
        }
        self.position += 1;
        Some(comma)
    }

    fn single_quoted(&mut self) -> Option<String> {
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

    fn double_quoted(&mut self) -> Option<String> {
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
    fn plain(&mut self) -> Option<Option<String>> {
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

fn scalar(text: &str) -> Node {
    match resolve(text) {
        Scalar::Value(value) => Node::Value(value),
        Scalar::Time => Node::Time,
        Scalar::Merge => Node::Merge,
    }
}

/// Adds an entry. None where its key cannot be one.
fn insert(map: &mut Map<String, Value>, key: Node, value: Node) -> Option<()> {
    let key = match key {
        Node::Merge => return merge(map, value),
        Node::Time | Node::Value(Value::Array(_) | Value::Object(_)) => return None,
        Node::Value(key) => string_of(&key),
    };
    map.insert(key, value.into_value());
    Some(())
}

/// Adds the entries of another mapping, or of several, that are not there yet.
fn merge(map: &mut Map<String, Value>, source: Node) -> Option<()> {
    let sources = match source {
        Node::Value(Value::Array(sources)) => sources,
        Node::Value(source @ Value::Object(_)) => vec![source],
        _ => return None,
    };
    for source in sources {
        let Value::Object(source) = source else { return None };
        for (key, value) in source {
            map.entry(key).or_insert(value);
        }
    }
    Some(())
}

fn count(value: &Value) -> usize {
    match value {
        Value::Array(values) => 1 + values.iter().map(count).sum::<usize>(),
        Value::Object(map) => 1 + map.values().map(count).sum::<usize>(),
        _ => 1,
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

fn is_break(unit: u16) -> bool {
    unit == u16::from(b'\n') || unit == u16::from(b'\r')
}

fn is_blank(unit: u16) -> bool {
    unit == u16::from(b' ') || unit == u16::from(b'\t')
}

fn is_indicator(unit: u16) -> bool {
    u8::try_from(unit).is_ok_and(|byte| b",[]{}".contains(&byte))
}

/// Whether a plain scalar may have it. Halves of surrogate pairs are found out later.
fn is_printable(unit: u16) -> bool {
    !matches!(unit, 0..=8 | 0xB | 0xC | 0xE..=0x1F | 0x7F..=0x84 | 0x86..=0x9F | 0xFFFE | 0xFFFF)
}
