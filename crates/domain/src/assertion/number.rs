//! `number`: the last number of the output is the value.

use std::sync::Arc;

use serde_json::{Value, json};

use super::answer::Answer;
use super::decimal::{Decimal, Tolerance, last_number};
use super::describe::{AssertionType, Field, FieldKind, Problem, ValueDescription, ValueKind, ValueNeed};
use super::pattern::{Pattern, PatternError};
use super::regex::pattern_problem;
use super::rule::{Check, Fact, Finding, Input, Rule};
use super::text::{clipped, is_template, quoted};
use crate::test_case::Assertion;

pub(super) struct Number;

impl Rule for Number {
    fn name(&self) -> &'static str {
        "number"
    }

    fn need(&self) -> ValueNeed {
        ValueNeed::ExpectedOutput
    }

    fn describe(&self) -> AssertionType {
        AssertionType {
            name: self.name(),
            summary: "The last number of the output is the value, within a tolerance.",
            value: ValueDescription {
                kind: ValueKind::Number,
                need: self.need(),
                summary: "The expected number; separators of thousands are fine.",
                fields: Vec::new(),
            },
            threshold: None,
            takes_assertions: false,
            config: vec![
                Field {
                    name: "tolerance",
                    kind: FieldKind::NumberOrPercentage,
                    summary: "How far the number may lie from the value: 0.5, or \"5%\" of the value. 0 if left out.",
                    choices: Vec::new(),
                },
                Field {
                    name: "pattern",
                    kind: FieldKind::Text,
                    summary: "A JavaScript pattern: the number is group 1 of its last match.",
                    choices: Vec::new(),
                },
            ],
            example: json!({"type": "number", "value": 42, "config": {"tolerance": "5%"}}),
        }
    }

    fn problems(&self, assertion: &Assertion) -> Vec<Problem> {
        let mut problems = Vec::new();
        if let Some(text) = assertion.value.as_ref().and_then(number_text).filter(|text| !is_template(text))
            && Decimal::read(&text).is_none()
        {
            problems.push(Problem::at("/value", format!("{} is no number.", quoted(&text))));
        }
        if let Err(message) = tolerance(assertion) {
            problems.push(Problem::at("/config/tolerance", message));
        }
        match assertion.config.get("pattern") {
            None => {}
            Some(Value::String(source)) => problems.extend(pattern_problem("/config/pattern", source)),
            Some(_) => problems.push(Problem::at("/config/pattern", "The pattern is no text.")),
        }
        problems
    }

    fn compile(&self, input: &Input<'_>) -> Result<Box<dyn Check>, String> {
        let value = input.value.as_ref().ok_or("There is no number to compare with.")?;
        let text = number_text(value).ok_or("The value is neither a number nor a text.")?;
        let expected = Decimal::read(&text)
            .ok_or_else(|| format!("The expected value {} is no number.", quoted(&text)))?;
        let (tolerance, tolerance_text) = tolerance(input.assertion)?;
        let pattern = match input.assertion.config.get("pattern") {
            None => None,
            Some(Value::String(source)) => {
                let pattern = input.judge.pattern(source);
                if let Err(error) = pattern.as_ref() {
                    return Err(error.sentence());
                }
                Some(pattern)
            }
            Some(_) => return Err("The pattern is no text.".into()),
        };
        let expected_text = clipped(text.trim());
        Ok(Box::new(Compare { expected, expected_text, tolerance, tolerance_text, pattern }))
    }
}

fn number_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The tolerance, and its text for the sentence.
fn tolerance(assertion: &Assertion) -> Result<(Tolerance, String), String> {
    let text = match assertion.config.get("tolerance") {
        None => "0".into(),
        Some(value) => number_text(value).unwrap_or_else(|| value.to_string()),
    };
    let tolerance = Tolerance::read(&text).ok_or_else(|| {
        format!("The tolerance {} is no number of 0 or more, and no percentage such as 5%.", quoted(&text))
    })?;
    Ok((tolerance, text.trim().to_owned()))
}

struct Compare {
    expected: Decimal,
    expected_text: String,
    tolerance: Tolerance,
    tolerance_text: String,
    pattern: Option<Arc<Result<Pattern, PatternError>>>,
}

impl Compare {
    fn found(&self, found: Option<&str>, what: &str) -> Finding {
        let expected = format!("Expected {}, tolerance {}.", self.expected_text, self.tolerance_text);
        let Some(found) = found else {
            let reason = format!("There is no {what} in the output. {expected}");
            return Finding::HoldsNot(Fact::new(reason).expected(&self.expected_text));
        };
        let text = clipped(found.trim());
        let (holds, reason) = match Decimal::read(found) {
            Some(number) => (
                number.is_near(self.expected, self.tolerance),
                format!("The {what} of the output is {text}. {expected}"),
            ),
            None => (false, format!("The {what} of the output, {}, is no number. {expected}", quoted(&text))),
        };
        Finding::of(holds, Fact::new(reason).expected(&self.expected_text).actual(text))
    }
}

impl Check for Compare {
    fn check(&self, answer: &Answer<'_>) -> Finding {
        let output = answer.output();
        let Some(pattern) = &self.pattern else {
            return match last_number(output) {
                Some(found) => self.found(Some(found), "last number"),
                None => self.found(None, "number"),
            };
        };
        match pattern.as_ref().as_ref().map(|pattern| pattern.last_capture(output)) {
            Ok(Ok(found)) => self.found(found.as_deref(), "last match of the pattern"),
            Ok(Err(error)) => Finding::Unknown(error.sentence().into()),
            Err(error) => Finding::Unknown(error.sentence()),
        }
    }
}
