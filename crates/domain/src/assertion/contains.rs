//! `contains` and `icontains`: the value occurs in the output.

use serde_json::{Value, json};

use super::answer::Answer;
use super::describe::{AssertionType, Problem, ValueDescription, ValueKind, ValueNeed};
use super::javascript::text_of;
use super::rule::{Check, Fact, Finding, Input, Rule};
use super::text::{clipped, quoted, whatever_the_case};
use crate::test_case::Assertion;

/// One rule, with and without regard to case.
pub(super) struct Contains {
    pub(super) ignore_case: bool,
}

impl Rule for Contains {
    fn name(&self) -> &'static str {
        if self.ignore_case { "icontains" } else { "contains" }
    }

    fn need(&self) -> ValueNeed {
        ValueNeed::ExpectedOutput
    }

    fn describe(&self) -> AssertionType {
        let (summary, example) = if self.ignore_case {
            ("The value occurs in the output, in upper or lower case.", "paris")
        } else {
            ("The value occurs in the output.", "Paris")
        };
        AssertionType {
            name: self.name(),
            summary,
            value: ValueDescription {
                kind: ValueKind::Text,
                need: self.need(),
                summary: "The text to find. It must not be empty.",
                fields: Vec::new(),
            },
            threshold: None,
            takes_assertions: false,
            config: Vec::new(),
            example: json!({"type": self.name(), "value": example}),
        }
    }

    fn problems(&self, assertion: &Assertion) -> Vec<Problem> {
        match &assertion.value {
            Some(Value::String(text)) if text.is_empty() => {
                vec![Problem::at("/value", "The value is empty: every output contains the empty text.")]
            }
            _ => Vec::new(),
        }
    }

    fn compile(&self, input: &Input<'_>) -> Result<Box<dyn Check>, String> {
        let text = match &input.value {
            Some(value @ (Value::String(_) | Value::Number(_))) => text_of(value).unwrap_or_default(),
            Some(_) => return Err("The value is neither a text nor a number.".into()),
            None => return Err("There is no text to find.".into()),
        };
        if text.is_empty() {
            return Err("The text to find is empty: every output contains it.".into());
        }
        let needle = if self.ignore_case { text.to_lowercase() } else { text.clone() };
        Ok(Box::new(Find { text, needle, ignore_case: self.ignore_case }))
    }
}

struct Find {
    text: String,
    needle: String,
    ignore_case: bool,
}

impl Check for Find {
    fn check(&self, answer: &Answer<'_>) -> Finding {
        let found = if self.ignore_case {
            answer.output().to_lowercase().contains(&self.needle)
        } else {
            answer.output().contains(&self.needle)
        };
        let verb = if found { "contains" } else { "does not contain" };
        let case = whatever_the_case(self.ignore_case);
        let reason = format!("The output {verb} {}{case}.", quoted(&self.text));
        Finding::of(found, Fact::new(reason).expected(clipped(&self.text)))
    }
}
