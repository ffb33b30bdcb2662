//! `finish-reason`: why the generation ended.

use serde_json::{Value, json};

use super::answer::Answer;
use super::describe::{AssertionType, Problem, ValueDescription, ValueKind, ValueNeed};
use super::rule::{Check, Fact, Finding, Input, Rule};
use super::text::{clipped, quoted};
use crate::test_case::Assertion;

pub(super) struct FinishReason;

impl Rule for FinishReason {
    fn name(&self) -> &'static str {
        "finish-reason"
    }

    fn need(&self) -> ValueNeed {
        ValueNeed::Required
    }

    fn describe(&self) -> AssertionType {
        AssertionType {
            name: self.name(),
            summary: "The generation ended for this reason. Where the server gives none, it does not hold.",
            value: ValueDescription {
                kind: ValueKind::Text,
                need: self.need(),
                summary: "The server's word, in upper or lower case: `stop`, `length`, `tool_calls`, …",
                fields: Vec::new(),
            },
            threshold: None,
            takes_assertions: false,
            config: Vec::new(),
            example: json!({"type": self.name(), "value": "stop"}),
        }
    }

    fn problems(&self, assertion: &Assertion) -> Vec<Problem> {
        match &assertion.value {
            Some(Value::Number(_)) => vec![Problem::at("/value", "The value is a number, no reason.")],
            _ => Vec::new(),
        }
    }

    fn compile(&self, input: &Input<'_>) -> Result<Box<dyn Check>, String> {
        match &input.value {
            Some(Value::String(reason)) => Ok(Box::new(EndedBy(reason.clone()))),
            Some(_) => Err("The value is no text.".into()),
            None => Err("There is no reason to compare with.".into()),
        }
    }
}

struct EndedBy(String);

impl Check for EndedBy {
    fn check(&self, answer: &Answer<'_>) -> Finding {
        let expected = clipped(&self.0);
        let Some(found) = answer.completion.finish_reason.as_deref().filter(|found| !found.is_empty()) else {
            let reason = "The server did not say why the generation ended.";
            return Finding::HoldsNot(Fact::new(reason).expected(expected));
        };
        let reason = format!("The generation ended with {}. Expected {}.", quoted(found), quoted(&self.0));
        let holds = found.to_lowercase() == self.0.to_lowercase();
        Finding::of(holds, Fact::new(reason).expected(expected).actual(clipped(found)))
    }

    fn asks_for_the_end(&self) -> bool {
        true
    }
}
