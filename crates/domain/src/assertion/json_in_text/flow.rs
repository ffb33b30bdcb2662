//! A flow mapping of YAML 1.2 with the core schema and merge keys, and nothing around it but comments.
//!
//! Left out: tags other than `!`, and aliases to the mapping that they stand in. What has them does not read.

mod texts;

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

fn is_break(unit: u16) -> bool {
    unit == u16::from(b'\n') || unit == u16::from(b'\r')
}

fn is_blank(unit: u16) -> bool {
    unit == u16::from(b' ') || unit == u16::from(b'\t')
}

fn is_indicator(unit: u16) -> bool {
    u8::try_from(unit).is_ok_and(|byte| b",[]{}".contains(&byte))
}
