//! The same pattern in the syntax of the crate `regex`, for text mapped to one character a unit.

use std::fmt::Write as _;

use super::SUBJECT_LIMIT;
use super::syntax::Node;
use super::units::{UnitSet, character_of};

/// The pattern for `regex`, or nothing where it asks for what a finite automaton cannot do.
pub(super) fn translate(root: &Node) -> Option<String> {
    let beyond = |node: &Node| {
        matches!(
            node,
            Node::Look { .. }
                | Node::Back { .. }
                | Node::Start { of_line: true }
                | Node::End { of_line: true }
        )
    };
    if root.any(&beyond) {
        return None;
    }
    let mut pattern = String::new();
    write(root, &mut pattern);
    Some(pattern)
}

fn write(node: &Node, pattern: &mut String) {
    match node {
        Node::Set(set) => write_set(set, pattern),
        Node::Start { .. } => pattern.push_str(r"\A"),
        Node::End { .. } => pattern.push_str(r"\z"),
        Node::Boundary { inverted: false } => pattern.push_str(r"(?-u:\b)"),
        Node::Boundary { inverted: true } => pattern.push_str(r"(?-u:\B)"),
        Node::Capture { body, .. } => {
            pattern.push('(');
            write(body, pattern);
            pattern.push(')');
        }
        Node::Repeat { body, min, max, greedy } => {
            pattern.push_str("(?:");
            write(body, pattern);
            pattern.push(')');
            // A subject has no more units than this, so that more repeats are no limit.
            let max = max.filter(|max| usize::try_from(*max).is_ok_and(|max| max <= SUBJECT_LIMIT));
            let _ = match (min, max) {
                (0, None) => write!(pattern, "*"),
                (1, None) => write!(pattern, "+"),
                (min, None) => write!(pattern, "{{{min},}}"),
                (0, Some(1)) => write!(pattern, "?"),
                (min, Some(max)) => write!(pattern, "{{{min},{max}}}"),
            };
            if !greedy {
                pattern.push('?');
            }
        }
        Node::Sequence(nodes) => nodes.iter().for_each(|node| write(node, pattern)),
        Node::Choice(nodes) => {
            pattern.push_str("(?:");
            for (position, node) in nodes.iter().enumerate() {
                if position > 0 {
                    pattern.push('|');
                }
                write(node, pattern);
            }
            pattern.push(')');
        }
        // `translate` does not come here with these.
        Node::Look { .. } | Node::Back { .. } => {}
    }
}

fn write_set(set: &UnitSet, pattern: &mut String) {
    if let [(first, last)] = set.ranges()
        && first == last
    {
        let _ = write!(pattern, r"\x{{{:x}}}", u32::from(character_of(*first)));
        return;
    }
    if set.ranges().is_empty() {
        pattern.push_str(r"[^\x{0}-\x{10FFFF}]");
        return;
    }
    pattern.push('[');
    for &(first, last) in set.ranges() {
        // The surrogates stand elsewhere, so that a range over them falls into three.
        for (from, to) in [(0, 0xD7FF), (0xD800, 0xDFFF), (0xE000, 0xFFFF)] {
            let (first, last) = (first.max(from), last.min(to));
            if first <= last {
                let (first, last) = (u32::from(character_of(first)), u32::from(character_of(last)));
                let _ = write!(pattern, r"\x{{{first:x}}}-\x{{{last:x}}}");
            }
        }
    }
    pattern.push(']');
}
