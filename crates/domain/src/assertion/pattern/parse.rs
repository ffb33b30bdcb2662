//! The parser of ECMAScript patterns without flags: ECMA-262 with its annex B, over UTF-16 units.
//!
//! The crate `regress` has such a parser, but its tree is private, and it accepts `\b+`, which
//! JavaScript refuses. It is the oracle of the tests.

use super::class::{self, Escape};
use super::names::{GroupNames, read_name};
use super::syntax::{Node, Syntax};
use super::units::UnitSet;

/// Deepest nesting of groups; it bounds the recursion of everything that walks the tree.
const DEPTH_LIMIT: usize = 128;

/// What the modifiers in force are: `(?i:…)`, `(?m:…)`, `(?s:…)`.
#[derive(Clone, Copy, Default)]
struct Modifiers {
    ignore_case: bool,
    multiline: bool,
    dot_all: bool,
}

pub(super) struct Parser<'a> {
    units: &'a [u16],
    position: usize,
    modifiers: Modifiers,
    names: GroupNames,
    captures: usize,
    depth: usize,
}

/// Parses a pattern, or says in a few words what is wrong with it.
pub(super) fn parse(units: &[u16]) -> Result<Syntax, String> {
    let names = GroupNames::find(units)?;
    let mut parser =
        Parser { units, position: 0, modifiers: Modifiers::default(), names, captures: 0, depth: 0 };
    let root = parser.disjunction()?;
    if parser.position < units.len() {
        return Err("a `)` has no `(`".into());
    }
    Ok(Syntax { root, captures: parser.captures })
}

impl Parser<'_> {
    pub(super) fn peek(&self) -> Option<u16> {
        self.units.get(self.position).copied()
    }

    pub(super) fn next(&mut self) -> Option<u16> {
        let unit = self.peek()?;
        self.position += 1;
        Some(unit)
    }

    pub(super) fn take(&mut self, text: &str) -> bool {
        let found = self.units[self.position..].iter().copied().take(text.len()).eq(text.encode_utf16());
        if found {
            self.position += text.len();
        }
        found
    }

    /// Runs `attempt`, and goes back to where it began if it finds nothing.
    pub(super) fn try_take<T>(&mut self, attempt: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let before = self.position;
        let found = attempt(self);
        if found.is_none() {
            self.position = before;
        }
        found
    }

    pub(super) fn names(&self) -> &GroupNames {
        &self.names
    }

    /// `name>` of a group or of a reference.
    pub(super) fn name(&mut self) -> Option<String> {
        let (name, length) = read_name(&self.units[self.position..])?;
        self.position += length;
        Some(name)
    }

    fn disjunction(&mut self) -> Result<Node, String> {
        self.depth += 1;
        if self.depth > DEPTH_LIMIT {
            return Err(format!("groups are nested deeper than {DEPTH_LIMIT}"));
        }
        let mut alternatives = vec![self.sequence()?];
        while self.take("|") {
            alternatives.push(self.sequence()?);
        }
        self.depth -= 1;
        Ok(match alternatives.pop() {
            Some(only) if alternatives.is_empty() => only,
            Some(last) => {
                alternatives.push(last);
                Node::Choice(alternatives)
            }
            None => Node::Sequence(Vec::new()),
        })
    }

    fn sequence(&mut self) -> Result<Node, String> {
        let mut nodes = Vec::new();
        while let Some(unit) = self.peek() {
            if unit == u16::from(b'|') || unit == u16::from(b')') {
                break;
            }
            let (node, repeatable) = self.term()?;
            let node = if repeatable { self.quantified(node)? } else { node };
            nodes.push(node);
        }
        Ok(if nodes.len() == 1 { nodes.remove(0) } else { Node::Sequence(nodes) })
    }

    /// One term, and whether a quantifier may follow it.
    fn term(&mut self) -> Result<(Node, bool), String> {
        let multiline = self.modifiers.multiline;
        if self.take("^") {
            return Ok((Node::Start { of_line: multiline }, false));
        }
        if self.take("$") {
            return Ok((Node::End { of_line: multiline }, false));
        }
        if self.take("\\b") {
            return Ok((Node::Boundary { inverted: false }, false));
        }
        if self.take("\\B") {
            return Ok((Node::Boundary { inverted: true }, false));
        }
        for (opening, behind, inverted) in
            [("(?=", false, false), ("(?!", false, true), ("(?<=", true, false), ("(?<!", true, true)]
        {
            if self.take(opening) {
                let body = Box::new(self.group_body()?);
                return Ok((Node::Look { behind, inverted, body }, !behind));
            }
        }
        Ok((self.atom()?, true))
    }

    fn atom(&mut self) -> Result<Node, String> {
        if self.take(".") {
            let set = if self.modifiers.dot_all { UnitSet::default() } else { class::line_ends() };
            return Ok(Node::Set(set.inverted()));
        }
        if self.take("(") {
            return self.group();
        }
        if self.take("[") {
            let (set, inverted) = class::parse(self)?;
            let set = if self.modifiers.ignore_case { set.ignoring_case() } else { set };
            return Ok(Node::Set(if inverted { set.inverted() } else { set }));
        }
        if self.take("\\") {
            return self.escape();
        }
        if let Some(unit @ (0x2A | 0x2B | 0x3F)) = self.peek() {
            return Err(format!("nothing stands before `{}`", char::from(unit.to_le_bytes()[0])));
        }
        if self.try_take(Self::braces).is_some() {
            return Err("nothing stands before a quantifier in braces".into());
        }
        let unit = self.next().ok_or("it ends too early")?;
        Ok(self.set(UnitSet::one(unit)))
    }

    fn set(&self, set: UnitSet) -> Node {
        Node::Set(if self.modifiers.ignore_case { set.ignoring_case() } else { set })
    }

    fn escape(&mut self) -> Result<Node, String> {
        if let Some(groups) = class::back_reference(self)? {
            return Ok(Node::Back { groups, ignore_case: self.modifiers.ignore_case });
        }
        Ok(match class::escape(self, false)? {
            Escape::Unit(unit) => self.set(UnitSet::one(unit)),
            Escape::Class(set) => self.set(set),
        })
    }

    /// What follows `(`.
    fn group(&mut self) -> Result<Node, String> {
        if self.take("?:") {
            return self.group_body();
        }
        if self.take("?<") {
            self.name();
        } else if self.take("?") {
            return self.modified_group();
        }
        self.captures += 1;
        let index = self.captures;
        Ok(Node::Capture { index, body: Box::new(self.group_body()?) })
    }

    fn group_body(&mut self) -> Result<Node, String> {
        let body = self.disjunction()?;
        if self.take(")") { Ok(body) } else { Err("a `(` has no `)`".into()) }
    }

    fn modified_group(&mut self) -> Result<Node, String> {
        let invalid = "`(?` is followed by no group that there is";
        let (mut modifiers, mut seen, mut on) = (self.modifiers, Vec::new(), true);
        loop {
            let unit = self.next().ok_or(invalid)?;
            let flag = match unit.to_le_bytes() {
                [b'i', 0] => &mut modifiers.ignore_case,
                [b'm', 0] => &mut modifiers.multiline,
                [b's', 0] => &mut modifiers.dot_all,
                [b'-', 0] if on => {
                    on = false;
                    continue;
                }
                [b':', 0] if !seen.is_empty() => break,
                _ => return Err(invalid.into()),
            };
            if seen.contains(&unit) {
                return Err("a modifier stands twice".into());
            }
            seen.push(unit);
            *flag = on;
        }
        let outer = std::mem::replace(&mut self.modifiers, modifiers);
        let body = self.group_body();
        self.modifiers = outer;
        body
    }

    fn quantified(&mut self, body: Node) -> Result<Node, String> {
        let range = if self.take("*") {
            Some((0, None))
        } else if self.take("+") {
            Some((1, None))
        } else if self.take("?") {
            Some((0, Some(1)))
        } else {
            self.try_take(Self::braces)
        };
        let Some((min, max)) = range else {
            return Ok(body);
        };
        if max.is_some_and(|max| max < min) {
            return Err("the numbers of a quantifier are out of order".into());
        }
        let greedy = !self.take("?");
        Ok(Node::Repeat { body: Box::new(body), min, max, greedy })
    }

    /// `{2}`, `{2,}` or `{2,3}`. What looks otherwise is plain text.
    fn braces(&mut self) -> Option<(u32, Option<u32>)> {
        if !self.take("{") {
            return None;
        }
        let min = self.decimal()?;
        let max = match self.take(",") {
            false => Some(min),
            true if self.peek() == Some(u16::from(b'}')) => None,
            true => Some(self.decimal()?),
        };
        self.take("}").then_some((min, max))
    }

    /// A decimal number, the largest there is where it is larger.
    pub(super) fn decimal(&mut self) -> Option<u32> {
        let mut value = None;
        while let Some(digit) = self.peek().and_then(|unit| digit_of(unit, 10)) {
            value = Some(value.unwrap_or(0_u32).saturating_mul(10).saturating_add(digit));
            self.position += 1;
        }
        value
    }

    /// Exactly `count` hexadecimal digits.
    pub(super) fn hexadecimal(&mut self, count: usize) -> Option<u16> {
        self.try_take(|parser| {
            (0..count).try_fold(0_u16, |value, _| {
                let digit = digit_of(parser.next()?, 16)?;
                Some(value << 4 | u16::try_from(digit).ok()?)
            })
        })
    }
}

/// The value of a digit, if the unit is one.
pub(super) fn digit_of(unit: u16, radix: u32) -> Option<u32> {
    char::from_u32(u32::from(unit))?.to_digit(radix)
}
