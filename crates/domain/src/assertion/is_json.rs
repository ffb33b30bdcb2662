//! `is-json`: the output is JSON, and satisfies a schema if there is one.

use std::sync::Arc;

use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::answer::Answer;
use super::describe::{AssertionType, Problem, ValueDescription, ValueKind, ValueNeed};
use super::rule::{Check, Fact, Finding, Input, Rule};
use super::schema::{SCHEMA_LIMIT, Schema, TOO_LARGE};
use super::text::{clipped, is_template};
use crate::test_case::Assertion;
use crate::yaml;

pub(super) struct IsJson;

impl Rule for IsJson {
    fn name(&self) -> &'static str {
        "is-json"
    }

    fn need(&self) -> ValueNeed {
        ValueNeed::Optional
    }

    fn describe(&self) -> AssertionType {
        AssertionType {
            name: self.name(),
            summary: "The whole output is JSON, and satisfies the schema if there is one.",
            value: ValueDescription {
                kind: ValueKind::Schema,
                need: self.need(),
                summary: "A JSON schema of draft 7, or a text that is one in JSON or YAML. A keyword or format that draft 7 does not have is an error.",
                fields: Vec::new(),
            },
            threshold: None,
            takes_assertions: false,
            config: Vec::new(),
            example: json!({"type": "is-json", "value": {"type": "object", "required": ["name"]}}),
        }
    }

    fn problems(&self, assertion: &Assertion) -> Vec<Problem> {
        problems_of_schema(assertion)
    }

    fn compile(&self, input: &Input<'_>) -> Result<Box<dyn Check>, String> {
        Ok(Box::new(Parses { schema: schema_for(input) }))
    }
}

/// What is wrong with the schema that an assertion has as its value.
pub(super) fn problems_of_schema(assertion: &Assertion) -> Vec<Problem> {
    let compiled = match &assertion.value {
        Some(Value::String(text)) if is_template(text) => return Vec::new(),
        Some(value) if is_nothing(value) => return Vec::new(),
        Some(value) => schema_of(value),
        None => return Vec::new(),
    };
    compiled.err().map(|message| Problem::at("/value", message)).into_iter().collect()
}

/// The schema of an assertion, if it has one. promptfoo compiles it only when the output has JSON: a schema that
/// does not compile is an error for such outputs alone.
pub(super) fn schema_for(input: &Input<'_>) -> Option<Arc<Result<Schema, String>>> {
    let value = input.value.as_ref().filter(|value| !is_nothing(value))?;
    Some(input.judge.schema(value, || schema_of(value)))
}

/// What JavaScript takes for nothing: then there is no schema.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::String(text) => text.is_empty(),
        Value::Number(number) => number.as_f64() == Some(0.0),
        other => matches!(other, Value::Null | Value::Bool(false)),
    }
}

/// The schema that a value is, or holds as a text in JSON or YAML.
fn schema_of(value: &Value) -> Result<Schema, String> {
    match value {
        Value::String(text) if text.len() > SCHEMA_LIMIT => Err(TOO_LARGE.into()),
        Value::String(text) => match yaml::read(text) {
            Ok(schema @ (Value::Object(_) | Value::Bool(_))) => Schema::new(&schema),
            Ok(_) => Err("The text of the schema holds no object.".into()),
            Err(error) => Err(format!("The text of the schema is neither JSON nor YAML: {error}.")),
        },
        Value::Object(_) => Schema::new(value),
        _ => Err("The schema is no JSON object.".into()),
    }
}

struct Parses {
    schema: Option<Arc<Result<Schema, String>>>,
}

impl Check for Parses {
    fn check(&self, answer: &Answer<'_>) -> Finding {
        let output = answer.output();
        // Ignoring the values accepts what JSON.parse accepts and our values cannot hold, such as
        // half a surrogate pair, 1e400, or ten thousand brackets.
        if let Err(error) = serde_json::from_str::<IgnoredAny>(output) {
            return Finding::HoldsNot(Fact::new(format!("The output is not JSON: {error}.")));
        }
        let schema = match self.schema.as_deref() {
            None => return Finding::Holds(Fact::new("The output is JSON.")),
            Some(Ok(schema)) => schema,
            Some(Err(message)) => return Finding::Unknown(message.clone()),
        };
        match serde_json::from_str::<Value>(output) {
            Ok(value) => match schema.breach(&value) {
                Ok(None) => Finding::Holds(Fact::new("The output is JSON and satisfies the schema.")),
                Err(message) => Finding::Unknown(message),
                Ok(Some(breach)) => {
                    let reason = format!("The output is JSON and breaks the schema: {}.", clipped(&breach));
                    Finding::HoldsNot(Fact::new(reason))
                }
            },
            Err(error) => Finding::Unknown(format!(
                "The output is JSON that cannot be held against a schema here: {error}."
            )),
        }
    }
}
