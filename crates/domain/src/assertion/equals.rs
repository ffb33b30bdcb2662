//! `equals`: the output is exactly the value.

use serde_json::{Value, json};

use super::answer::Answer;
use super::describe::{AssertionType, Problem, ValueDescription, ValueKind, ValueNeed};
use super::javascript::{deep_strict_equal, text_of};
use super::rule::{Check, Fact, Finding, Input, Rule};
use super::text::{clipped, quoted};
use crate::test_case::Assertion;

pub(super) struct Equals;

impl Rule for Equals {
    fn name(&self) -> &'static str {
        "equals"
    }

    fn need(&self) -> ValueNeed {
        ValueNeed::ExpectedOutput
    }

    fn describe(&self) -> AssertionType {
        AssertionType {
            name: self.name(),
            summary: "The output is exactly the value. An object or a list is compared with the output's JSON.",
            value: ValueDescription {
                kind: ValueKind::Any,
                need: self.need(),
                summary: "A text, compared character by character, or JSON, compared as data.",
                fields: Vec::new(),
            },
            threshold: None,
            takes_assertions: false,
            config: Vec::new(),
            example: json!({"type": "equals", "value": "Paris"}),
        }
    }

    fn problems(&self, _assertion: &Assertion) -> Vec<Problem> {
        Vec::new()
    }

    fn compile(&self, input: &Input<'_>) -> Result<Box<dyn Check>, String> {
        let value = input.value.as_ref().ok_or("There is no value to compare with.")?;
        Ok(match text_of(value) {
            Some(text) => Box::new(EqualsText(text)),
            None => Box::new(EqualsJson(value.clone())),
        })
    }
}

struct EqualsText(String);

impl Check for EqualsText {
    fn check(&self, answer: &Answer<'_>) -> Finding {
        let (output, expected) = (answer.output(), self.0.as_str());
        if output == expected {
            return Finding::Holds(
                Fact::new("The output is exactly as expected.").expected(clipped(expected)),
            );
        }
        let reason = format!("The output is {}. Expected {}.", quoted(output), quoted(expected));
        let fact = Fact::new(reason + difference(output, expected));
        Finding::HoldsNot(fact.expected(clipped(expected)).actual(clipped(output)))
    }

    fn asks_for_emptiness(&self) -> bool {
        self.0.trim().is_empty()
    }
}

/// A hint where two texts look alike.
fn difference(output: &str, expected: &str) -> &'static str {
    if output.split_whitespace().eq(expected.split_whitespace()) {
        " They differ in white space only."
    } else if output.to_lowercase() == expected.to_lowercase() {
        " They differ in upper and lower case only."
    } else {
        ""
    }
}

struct EqualsJson(Value);

impl Check for EqualsJson {
    fn check(&self, answer: &Answer<'_>) -> Finding {
        let expected = clipped(&self.0.to_string());
        match serde_json::from_str::<Value>(answer.output()) {
            Ok(output) if deep_strict_equal(&output, &self.0) => {
                Finding::Holds(Fact::new("The output is the expected JSON.").expected(expected))
            }
            Ok(output) => {
                let actual = clipped(&output.to_string());
                let reason = format!("The output is the JSON {actual}. Expected {expected}.");
                Finding::HoldsNot(Fact::new(reason).expected(expected).actual(actual))
            }
            Err(_) => {
                let reason = format!("The output is not JSON. Expected {expected}.");
                Finding::HoldsNot(Fact::new(reason).expected(expected))
            }
        }
    }
}
