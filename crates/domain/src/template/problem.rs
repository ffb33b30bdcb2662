//! What is wrong with a template, and where.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One thing that is wrong with a template, found before or while it is rendered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TemplateProblem {
    /// Where the text stands in the card, such as `/messages/0/content/0/text`. Empty for a text
    /// outside a card.
    pub pointer: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// The column after the last character, where the place ends in the same line.
    pub end_column: Option<u32>,
    /// The sentence that says what is wrong.
    pub message: String,
}

impl std::fmt::Display for TemplateProblem {
    /// The sentence with its place. The number of the message is said where it is not the first.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let message = self.pointer.strip_prefix("/messages/").and_then(|rest| rest.split('/').next());
        match message.and_then(|index| index.parse::<u32>().ok()) {
            Some(index) if index > 0 => {
                write!(f, "Message {}, line {}: {}", index + 1, self.line, self.message)
            }
            _ => write!(f, "Line {}: {}", self.line, self.message),
        }
    }
}

/// Why a template could not be rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// A variable is used that has no value.
    #[error("{problem}")]
    Undefined {
        /// The variable. Empty where only a part of a value is missing, such as a key that is
        /// worked out.
        name: String,
        /// Where, and the sentence.
        problem: TemplateProblem,
    },
    /// The template needs more work, memory or output than is allowed.
    #[error("{0}")]
    Limit(TemplateProblem),
    /// Anything else, such as a filter that does not fit its value.
    #[error("{0}")]
    Failed(TemplateProblem),
}

impl RenderError {
    /// Where, and the sentence.
    pub fn problem(&self) -> &TemplateProblem {
        match self {
            Self::Undefined { problem, .. } | Self::Limit(problem) | Self::Failed(problem) => problem,
        }
    }
}

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) line: u32,
    pub(super) column: u32,
    pub(super) end_column: Option<u32>,
}

impl Position {
    /// The place of a range of bytes. `minijinja` counts lines and columns in 16 bits, which a long
    /// text overflows, so they are counted again from its byte offsets.
    pub(super) fn of(text: &str, range: Range<usize>) -> Self {
        let start = floor_boundary(text, range.start);
        let end = floor_boundary(text, range.end.max(start));
        let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let column = count(text[line_start..start].chars()) + 1;
        let place = &text[start..end];
        Self {
            line: count(text[..start].matches('\n')) + 1,
            column,
            end_column: (!place.is_empty() && !place.contains('\n')).then(|| column + count(place.chars())),
        }
    }

    pub(super) fn problem(self, pointer: &str, message: impl Into<String>) -> TemplateProblem {
        TemplateProblem {
            pointer: pointer.to_owned(),
            line: self.line,
            column: self.column,
            end_column: self.end_column,
            message: message.into(),
        }
    }
}

fn count(items: impl Iterator) -> u32 {
    u32::try_from(items.count()).unwrap_or(u32::MAX)
}

fn floor_boundary(text: &str, offset: usize) -> usize {
    (0..=offset.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// ` Did you mean …?` with the known name nearest to a wrong one, or nothing.
pub(super) fn suggestion<'a>(wrong: &str, known: impl Iterator<Item = &'a str>) -> String {
    known
        .filter(|name| *name != wrong)
        .map(|name| (similarity(wrong, name), name))
        .filter(|(score, _)| *score >= 0.7)
        .max_by(|left, right| left.0.total_cmp(&right.0).then_with(|| right.1.cmp(left.1)))
        .map(|(_, name)| format!(" Did you mean `{name}`?"))
        .unwrap_or_default()
}

/// Jaro-Winkler, and better than 0.7 where one name is the other and a word more
/// (`unit_name`, `unit`), which Jaro-Winkler alone scores low between long names.
fn similarity(wrong: &str, known: &str) -> f64 {
    let score = strsim::jaro_winkler(&wrong.to_lowercase(), &known.to_lowercase());
    let (short, long) = if wrong.len() < known.len() { (wrong, known) } else { (known, wrong) };
    let a_word_more = !short.is_empty()
        && (long.strip_prefix(short).is_some_and(|rest| rest.starts_with('_'))
            || long.strip_suffix(short).is_some_and(|rest| rest.ends_with('_')));
    if a_word_more { score.max(0.9) } else { score }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_not_bytes() {
        let text = "äö\nüx{{ }}";
        let start = text.find("{{").unwrap();
        let at = Position::of(text, start..start + 2);
        assert_eq!((at.line, at.column, at.end_column), (2, 3, Some(5)));
    }

    #[test]
    fn an_offset_inside_a_character_or_past_the_end_does_not_panic() {
        assert_eq!(Position::of("ä", 1..9).column, 1);
        assert_eq!(Position::of("", 4..5).line, 1);
    }

    #[test]
    fn suggests_the_nearest_name() {
        let known = ["unit", "question", "language"];
        assert_eq!(suggestion("unit_name", known.into_iter()), " Did you mean `unit`?");
        assert_eq!(suggestion("qustion", known.into_iter()), " Did you mean `question`?");
        assert_eq!(suggestion("zzz", known.into_iter()), "");
    }
}
