//! `starts-with`: the output begins with the value.

use serde_json::{Value, json};

use super::answer::Answer;
use super::describe::{AssertionType, Problem, ValueDescription, ValueKind, ValueNeed};
use super::rule::{Check, Fact, Finding, Input, Rule};
use super::text::{clipped, quoted};
use crate::test_case::Assertion;

pub(super) struct StartsWith;

impl Rule for StartsWith {
    fn name(&self) -> &'static str {
        "starts-with"
    }

    fn need(&self) -> ValueNeed {
        ValueNeed::ExpectedOutput
    }

    fn describe(&self) -> AssertionType {
        AssertionType {
            name: self.name(),
            summary: "The output begins with the value.",
            value: ValueDescription {
                kind: ValueKind::Text,
                need: self.need(),
                summary: "The text, in upper and lower case as it stands. It must not be empty.",
                fields: Vec::new(),
            },
            threshold: None,
            takes_assertions: false,
            config: Vec::new(),
            example: json!({"type": self.name(), "value": "Dear"}),
        }
    }

    fn problems(&self, assertion: &Assertion) -> Vec<Problem> {
        match &assertion.value {
            Some(Value::String(text)) if text.is_empty() => {
                vec![Problem::at("/value", "The value is empty: every output begins with the empty text.")]
            }
            Some(Value::Number(_)) => vec![Problem::at("/value", "The value is a number; put it in quotes.")],
            _ => Vec::new(),
        }
    }

    fn compile(&self, input: &Input<'_>) -> Result<Box<dyn Check>, String> {
        match &input.value {
            Some(Value::String(text)) if text.is_empty() => {
                Err("The text is empty: every output begins with it.".into())
            }
            Some(Value::String(text)) => Ok(Box::new(Beginning(text.clone()))),
            Some(_) => Err("The value is no text.".into()),
            None => Err("There is no text that the output should begin with.".into()),
        }
    }
}

struct Beginning(String);

impl Check for Beginning {
    fn check(&self, answer: &Answer<'_>) -> Finding {
        let (output, expected) = (answer.output(), self.0.as_str());
        let holds = output.starts_with(expected);
        let verb = if holds { "begins" } else { "does not begin" };
        let fact = Fact::new(format!("The output {verb} with {}.", quoted(expected)));
        let beginning: String = output.chars().take(expected.chars().count()).collect();
        Finding::of(holds, fact.expected(clipped(expected)).actual(clipped(&beginning)))
    }
}
