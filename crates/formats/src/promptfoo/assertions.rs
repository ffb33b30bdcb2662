//! `assert:` of a test: which of promptfoo's assertions there are here, and what they become.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::test_case::Assertion;
use serde_json::{Map, Value};

use super::document::Fields;
use super::external::{is_program, parsed, reference};
use super::model::TestAssertion;
use crate::files::{Reader, extension, join};
use crate::problem::{Findings, Path};

/// Assertions that count as one.
const SET: &str = "assert-set";

/// The types that there are, and which of them have options.
pub(super) struct Known {
    types: BTreeSet<&'static str>,
    with_options: BTreeSet<&'static str>,
}

impl Known {
    pub(super) fn new() -> Self {
        let all = domain::assertion::types();
        Self {
            types: all.iter().map(|described| described.name).collect(),
            with_options: all
                .iter()
                .filter(|described| !described.config.is_empty())
                .map(|it| it.name)
                .collect(),
        }
    }

    /// Whether a type is there, with or without `not-`.
    pub(super) fn has(&self, assertion_type: &str) -> bool {
        self.types.contains(assertion_type.strip_prefix("not-").unwrap_or(assertion_type))
    }
}

/// Reads a list of assertions.
pub(super) fn read_all(
    value: Value,
    path: &Path,
    known: &Known,
    reader: &Reader,
    findings: &mut Findings,
) -> Vec<Arc<TestAssertion>> {
    let Value::Array(items) = value else {
        findings.refuse(path, "must be a list of assertions");
        return Vec::new();
    };
    let items = items.into_iter().enumerate();
    items
        .filter_map(|(index, item)| read(item, &path.index(index), known, reader, findings).map(Arc::new))
        .collect()
}

fn read(
    value: Value,
    path: &Path,
    known: &Known,
    reader: &Reader,
    findings: &mut Findings,
) -> Option<TestAssertion> {
    let mut fields = Fields::of(value, path.clone(), findings)?;
    let Some(assertion_type) = fields.text("type", findings) else {
        findings.refuse(path, "must have a `type`");
        return None;
    };
    if !known.has(&assertion_type) {
        findings.refuse(&path.key("type"), format!("{assertion_type} is not supported"));
        return None;
    }
    let mut assertion = Assertion::of(assertion_type);
    assertion.threshold = fields.number("threshold", findings);
    assertion.metric = fields.text("metric", findings);
    if let Some(weight) = fields.number("weight", findings) {
        if weight < 0.0 {
            findings.refuse(&path.key("weight"), "must not be negative");
        }
        assertion.weight = weight;
    }
    assertion.config = config(&mut fields, &assertion, known, findings);
    let (value, is_literal) = match fields.take("value") {
        Some(Value::String(text)) if reference(&text).is_some() => {
            (from_file(&text, path, reader, findings), true)
        }
        Some(Value::String(text)) if text.starts_with("package:") => {
            findings.refuse(&path.key("value"), "a package is not supported");
            (None, false)
        }
        other => (other, false),
    };
    assertion.value = value;
    fields.unsupported(&["transform"], findings);
    fields.passed_over(&["contextTransform", "provider", "rubricPrompt", "description"], findings);
    let mut set = Vec::new();
    if assertion.assertion_type == SET {
        match fields.take("assert") {
            Some(Value::Array(items)) => {
                for (index, item) in items.into_iter().enumerate() {
                    let path = path.key("assert").index(index);
                    if item.get("type").and_then(Value::as_str) == Some(SET) {
                        findings.refuse(&path, "is a set in a set, which promptfoo has not");
                    } else {
                        set.extend(read(item, &path, known, reader, findings));
                    }
                }
            }
            _ => findings.refuse(&path.key("assert"), "must be a list of assertions"),
        }
    }
    fields.refuse_rest(findings);
    Some(TestAssertion { assertion, is_literal, set })
}

fn config(
    fields: &mut Fields,
    assertion: &Assertion,
    known: &Known,
    findings: &mut Findings,
) -> Map<String, Value> {
    let name = assertion.assertion_type.strip_prefix("not-").unwrap_or(&assertion.assertion_type);
    if known.with_options.contains(name) {
        return fields.map("config", findings);
    }
    fields.passed_over(&["config"], findings);
    Map::new()
}

/// The value in a file: parsed, or its text without spaces around it.
fn from_file(text: &str, path: &Path, reader: &Reader, findings: &mut Findings) -> Option<Value> {
    let path = path.key("value");
    let file = reference(text)?;
    if is_program(file) {
        findings.refuse(&path, format!("`{text}` is a program, which is not supported"));
        return None;
    }
    let content = reader.text(&join(reader.root(), file));
    let value = content.and_then(|content| match extension(file).as_str() {
        "json" | "yaml" | "yml" => {
            parsed(&content).map_err(|error| format!("`{file}` cannot be read: {error}"))
        }
        "txt" => Ok(Value::from(content.trim())),
        _ => Err(format!("`{file}` is no kind of file that a value is read from: .json, .yaml or .txt")),
    });
    value.map_err(|reason| findings.refuse(&path, reason)).ok()
}
