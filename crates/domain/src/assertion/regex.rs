//! `regex`: a regular expression matches somewhere in the output.

use std::sync::Arc;

use serde_json::{Value, json};

use super::answer::Answer;
use super::describe::{AssertionType, Problem, ValueDescription, ValueKind, ValueNeed};
use super::pattern::{Pattern, PatternError};
use super::rule::{Check, Fact, Finding, Input, Rule};
use super::text::{clipped, is_template};
use crate::test_case::Assertion;

pub(super) struct Regex;

impl Rule for Regex {
    fn name(&self) -> &'static str {
        "regex"
    }

    fn need(&self) -> ValueNeed {
        ValueNeed::Required
    }

    fn describe(&self) -> AssertionType {
        AssertionType {
            name: self.name(),
            summary: "The regular expression matches somewhere in the output.",
            value: ValueDescription {
                kind: ValueKind::Text,
                need: self.need(),
                summary: "A pattern of JavaScript without flags, at most 1 KiB; ^ and $ mean the whole output.",
                fields: Vec::new(),
            },
            threshold: None,
            takes_assertions: false,
            config: Vec::new(),
            example: json!({"type": "regex", "value": "^\\d{4}-\\d{2}-\\d{2}$"}),
        }
    }

    fn problems(&self, assertion: &Assertion) -> Vec<Problem> {
        match &assertion.value {
            Some(Value::String(source)) if source.is_empty() => {
                vec![Problem::at("/value", "The pattern is empty: it matches every output.")]
            }
            Some(Value::String(source)) => pattern_problem("/value", source).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    fn holds_always(&self, assertion: &Assertion) -> Option<String> {
        let source = assertion.value.as_ref()?.as_str().filter(|source| !is_template(source))?;
        let always = Pattern::new(source).ok()?.always_matches();
        always.then(|| "The pattern matches the empty text, which every output contains.".into())
    }

    fn compile(&self, input: &Input<'_>) -> Result<Box<dyn Check>, String> {
        let Some(Value::String(source)) = &input.value else {
            return Err("The pattern is missing, or is no text.".into());
        };
        if source.is_empty() {
            return Err("The pattern is empty: it matches every output.".into());
        }
        let pattern = input.judge.pattern(source);
        if matches!(pattern.as_ref(), Err(PatternError::TooLong)) {
            return Err(PatternError::TooLong.sentence());
        }
        Ok(Box::new(Matches { source: clipped(source), pattern }))
    }
}

/// What is wrong with a pattern, unless it is a template.
pub(super) fn pattern_problem(pointer: &str, source: &str) -> Option<Problem> {
    if is_template(source) {
        return None;
    }
    Pattern::new(source).err().map(|error| Problem::at(pointer, error.sentence()))
}

struct Matches {
    source: String,
    pattern: Arc<Result<Pattern, PatternError>>,
}

impl Check for Matches {
    fn check(&self, answer: &Answer<'_>) -> Finding {
        let pattern = match self.pattern.as_ref() {
            Ok(pattern) => pattern,
            // As promptfoo has it: an invalid pattern fails, also behind `not-`.
            Err(error) => return Finding::Fails(error.sentence()),
        };
        match pattern.is_match(answer.output()) {
            Ok(found) => {
                let verb = if found { "matches" } else { "does not match" };
                let reason = format!("The output {verb} the pattern `{}`.", self.source);
                Finding::of(found, Fact::new(reason).expected(self.source.clone()))
            }
            Err(error) => Finding::Unknown(error.sentence().into()),
        }
    }

    fn asks_for_emptiness(&self) -> bool {
        matches!(self.source.as_str(), "^$" | r"^\s*$")
    }
}
