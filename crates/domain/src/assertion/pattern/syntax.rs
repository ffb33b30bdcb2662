//! The syntax tree of an ECMAScript pattern.

use super::units::UnitSet;

/// What a pattern says, independent of how it is matched.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    /// One unit of a set.
    Set(UnitSet),
    /// `^`; of a line with the modifier `m`.
    Start { of_line: bool },
    /// `$`; of a line with the modifier `m`.
    End { of_line: bool },
    /// `\b`, and `\B` where `inverted`.
    Boundary { inverted: bool },
    /// `(…)`, numbered from 1.
    Capture { index: usize, body: Box<Node> },
    /// `(?=…)` and its three relatives.
    Look { behind: bool, inverted: bool, body: Box<Node> },
    /// What a group matched: the one of these that took part, or nothing.
    Back { groups: Vec<usize>, ignore_case: bool },
    /// A quantifier. No `max` means no limit.
    Repeat { body: Box<Node>, min: u32, max: Option<u32>, greedy: bool },
    /// One after another; without any, the empty match.
    Sequence(Vec<Node>),
    /// The first that leads to a match.
    Choice(Vec<Node>),
}

impl Node {
    /// Whether it matches the empty text at every place of every subject.
    pub(super) fn matches_empty_everywhere(&self) -> bool {
        match self {
            Self::Set(_)
            | Self::Start { .. }
            | Self::End { .. }
            | Self::Boundary { .. }
            | Self::Look { .. }
            | Self::Back { .. } => false,
            Self::Capture { body, .. } => body.matches_empty_everywhere(),
            Self::Repeat { body, min, .. } => *min == 0 || body.matches_empty_everywhere(),
            Self::Sequence(nodes) => nodes.iter().all(Self::matches_empty_everywhere),
            Self::Choice(nodes) => nodes.iter().any(Self::matches_empty_everywhere),
        }
    }

    /// The numbers of the groups that capture within it. They follow each other.
    pub(super) fn captures(&self) -> std::ops::Range<usize> {
        let within = |nodes: &[Self]| {
            let mut ranges = nodes.iter().map(Self::captures).filter(|range| !range.is_empty());
            let first = ranges.next().unwrap_or(0..0);
            let end = ranges.next_back().map_or(first.end, |range| range.end);
            first.start..end
        };
        match self {
            Self::Capture { index, body } => *index..body.captures().end.max(index + 1),
            Self::Look { body, .. } | Self::Repeat { body, .. } => body.captures(),
            Self::Sequence(nodes) | Self::Choice(nodes) => within(nodes),
            _ => 0..0,
        }
    }

    /// Whether some node below, or this one, is as asked.
    pub(super) fn any(&self, asked: &impl Fn(&Self) -> bool) -> bool {
        asked(self)
            || match self {
                Self::Set(_)
                | Self::Start { .. }
                | Self::End { .. }
                | Self::Boundary { .. }
                | Self::Back { .. } => false,
                Self::Capture { body, .. } | Self::Look { body, .. } | Self::Repeat { body, .. } => {
                    body.any(asked)
                }
                Self::Sequence(nodes) | Self::Choice(nodes) => nodes.iter().any(|node| node.any(asked)),
            }
    }
}

/// A parsed pattern.
#[derive(Debug, Clone)]
pub(super) struct Syntax {
    pub(super) root: Node,
    /// How many groups capture.
    pub(super) captures: usize,
}
