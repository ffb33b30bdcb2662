//! `contains-json`: an object of JSON stands somewhere in the output, and satisfies a schema if there is one.

use std::sync::Arc;

use serde_json::json;

use super::answer::Answer;
use super::describe::{AssertionType, Problem, ValueDescription, ValueKind, ValueNeed};
use super::is_json::{problems_of_schema, schema_for};
use super::json_in_text::{TooMuchWork, objects};
use super::rule::{Check, Fact, Finding, Input, Rule};
use super::schema::Schema;
use super::text::clipped;
use crate::test_case::Assertion;

pub(super) struct ContainsJson;

impl Rule for ContainsJson {
    fn name(&self) -> &'static str {
        "contains-json"
    }

    fn need(&self) -> ValueNeed {
        ValueNeed::Optional
    }

    fn describe(&self) -> AssertionType {
        AssertionType {
            name: self.name(),
            summary: "A JSON object stands somewhere in the output, and satisfies the schema if there is one. Lists \
                      are not looked for, and what reads as YAML in braces counts: `{a: 1}`.",
            value: ValueDescription {
                kind: ValueKind::Schema,
                need: self.need(),
                summary: "A JSON schema of draft 7, or a text that is one in JSON or YAML. A keyword or format that draft 7 does not have is an error.",
                fields: Vec::new(),
            },
            threshold: None,
            takes_assertions: false,
            config: Vec::new(),
            example: json!({"type": self.name(), "value": {"type": "object", "required": ["name"]}}),
        }
    }

    fn problems(&self, assertion: &Assertion) -> Vec<Problem> {
        problems_of_schema(assertion)
    }

    fn compile(&self, input: &Input<'_>) -> Result<Box<dyn Check>, String> {
        Ok(Box::new(Contains { schema: schema_for(input) }))
    }
}

struct Contains {
    schema: Option<Arc<Result<Schema, String>>>,
}

impl Check for Contains {
    fn check(&self, answer: &Answer<'_>) -> Finding {
        let mut breach = None;
        for object in objects(answer.output()) {
            let Ok(object) = object else {
                return Finding::Unknown(TooMuchWork::SENTENCE.into());
            };
            let schema = match self.schema.as_deref() {
                None => return Finding::Holds(Fact::new("The output contains a JSON object.")),
                Some(Ok(schema)) => schema,
                Some(Err(message)) => return Finding::Unknown(message.clone()),
            };
            breach = match schema.breach(&object) {
                Ok(breach) => breach,
                Err(message) => return Finding::Unknown(message),
            };
            if breach.is_none() {
                let reason = "The output contains a JSON object that satisfies the schema.";
                return Finding::Holds(Fact::new(reason));
            }
        }
        Finding::HoldsNot(Fact::new(match breach {
            None => "The output contains no JSON object.".to_owned(),
            Some(breach) => format!(
                "The output contains no JSON object that satisfies the schema. The last one does not: {}.",
                clipped(&breach)
            ),
        }))
    }
}
