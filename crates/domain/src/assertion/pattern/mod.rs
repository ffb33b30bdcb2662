//! Regular expressions as JavaScript's `new RegExp(pattern)` understands them, in bounded time.
//!
//! A pattern is parsed once. What a finite automaton can do runs on one, in linear time;
//! look-around, back-references and what is too large for it run on a backtracking matcher whose
//! work is limited. Both see UTF-16 units.

mod automaton;
mod backtrack;
mod class;
mod names;
mod parse;
mod program;
mod syntax;
mod translate;
mod units;

#[cfg(test)]
mod tests;

use automaton::Automaton;
use backtrack::Search;
use program::Program;
use units::mapped;

/// Longest pattern, in bytes.
pub(crate) const PATTERN_LIMIT: usize = 1024;
/// Longest subject, in bytes.
pub(crate) const SUBJECT_LIMIT: usize = 1024 * 1024;

/// Why a pattern cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PatternError {
    /// JavaScript refuses it, too. In a few words, what is wrong.
    Invalid(String),
    /// It is longer than we allow.
    TooLong,
}

impl PatternError {
    /// The sentence for an outcome, or for who saves the pattern.
    pub(crate) fn sentence(&self) -> String {
        match self {
            Self::Invalid(what) => format!("The pattern is invalid: {what}."),
            Self::TooLong => {
                format!("The pattern is longer than {PATTERN_LIMIT} bytes, the most that is allowed.")
            }
        }
    }
}

/// Why a search has no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SearchError {
    /// The text is longer than [`SUBJECT_LIMIT`].
    SubjectTooLong,
    /// The search was given up after its share of work.
    TooMuchWork,
}

impl SearchError {
    /// The sentence for an outcome.
    pub(crate) fn sentence(self) -> &'static str {
        match self {
            Self::SubjectTooLong => {
                "The output is longer than 1 MiB, the most that a pattern is searched in."
            }
            Self::TooMuchWork => {
                "The pattern needs too many steps on this output, the search was given up. Nested quantifiers such as (a+)+ beside look-around or back-references cause this."
            }
        }
    }
}

/// A compiled pattern.
#[derive(Debug)]
pub(crate) struct Pattern {
    /// None where the pattern asks for more, or is too large.
    automaton: Option<Automaton>,
    /// Runs what the automaton cannot, and finds groups.
    program: Program,
    always_matches: bool,
}

impl Pattern {
    /// Compiles a pattern: `new RegExp(source)` without flags.
    pub(crate) fn new(source: &str) -> Result<Self, PatternError> {
        if source.len() > PATTERN_LIMIT {
            return Err(PatternError::TooLong);
        }
        let units: Vec<u16> = source.encode_utf16().collect();
        let syntax = parse::parse(&units).map_err(PatternError::Invalid)?;
        Ok(Self {
            automaton: translate::translate(&syntax.root).and_then(|pattern| Automaton::new(&pattern)),
            program: program::compile(&syntax),
            always_matches: syntax.root.matches_empty_everywhere(),
        })
    }

    /// Whether it matches every text there is.
    pub(crate) fn always_matches(&self) -> bool {
        self.always_matches
    }

    /// Whether the text contains a match.
    pub(crate) fn is_match(&self, text: &str) -> Result<bool, SearchError> {
        check_length(text)?;
        if let Some(Ok(found)) = self.automaton.as_ref().map(|automaton| automaton.is_match(&mapped(text))) {
            return Ok(found);
        }
        let units: Vec<u16> = text.encode_utf16().collect();
        let found = Search::new(&self.program, &units).find(0);
        Ok(found.map_err(|_| SearchError::TooMuchWork)?.is_some())
    }

    /// Group 1 of the last match in the text, or the whole match where the pattern has no group.
    /// Nothing without a match, or where the group took no part in it.
    pub(crate) fn last_capture(&self, text: &str) -> Result<Option<String>, SearchError> {
        check_length(text)?;
        // An automaton would search again from each match and could take quadratic time.
        let units: Vec<u16> = text.encode_utf16().collect();
        let mut search = Search::new(&self.program, &units);
        let (mut from, mut last) = (0, None);
        while from <= units.len() {
            let Some(slots) = search.find(from).map_err(|_| SearchError::TooMuchWork)? else {
                break;
            };
            from = slots[1].max(from) + usize::from(slots[1] == slots[0]);
            last = Some(slots);
        }
        let group = last.and_then(|slots| {
            let first = if slots.len() > 2 { 2 } else { 0 };
            units.get(slots[first]..slots[first + 1]).map(String::from_utf16_lossy)
        });
        Ok(group)
    }
}

fn check_length(text: &str) -> Result<(), SearchError> {
    if text.len() > SUBJECT_LIMIT { Err(SearchError::SubjectTooLong) } else { Ok(()) }
}
