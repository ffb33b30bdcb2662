//! Whether definitions make sense, and whether the variables of a case fit them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};
use utoipa::ToSchema;

use super::{VariableDefinition, VariableType};

/// Most bytes of one variable's value: of a text itself, of anything else as JSON.
pub const VALUE_LIMIT: usize = 64 * 1024;

/// Names that mean something else in a template.
const RESERVED: [&str; 23] = [
    "False",
    "None",
    "True",
    "and",
    "caller",
    "dict",
    "elif",
    "else",
    "false",
    "for",
    "if",
    "in",
    "is",
    "loop",
    "namespace",
    "none",
    "not",
    "or",
    "range",
    "recursive",
    "self",
    "super",
    "true",
];

/// One thing that is wrong with a definition or a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VariableProblem {
    /// Where: `/variables/name` for a value, `/variables/0/name` for a definition.
    pub pointer: String,
    /// The sentence that says what is wrong.
    pub message: String,
}

impl VariableProblem {
    /// A problem of the value of a variable.
    fn of_value(name: &str, message: String) -> Self {
        Self { pointer: format!("/variables/{}", name.replace('~', "~0").replace('/', "~1")), message }
    }
}

/// Fits the variables of a case to a card: applies defaults, and reads texts where the card wants
/// something else, since a table has only texts.
///
/// `null` counts as not given. A text stands for a number if it is one; it becomes the number where
/// that prints the same, and stays a text such as `3.50` where it would not. The texts `true` and
/// `false`, in any case of letters, become booleans; texts of a JSON list or object become those. A
/// number or boolean is taken for a text as it is. Variables that the card does not define are kept:
/// a suite may serve several cards, and [`unknown_variables`] lists them.
pub fn check_variables(
    definitions: &[VariableDefinition],
    given: &Map<String, Value>,
) -> Result<Map<String, Value>, Vec<VariableProblem>> {
    let mut problems = Vec::new();
    let mut variables = Map::new();
    for (name, value) in given.iter().filter(|(_, value)| !value.is_null()) {
        let definition = definitions.iter().find(|definition| definition.name == *name);
        let fitted = match definition {
            Some(definition) => definition.fit(value),
            None => fits_limit(name, value).map(|()| value.clone()),
        };
        match fitted {
            Ok(value) => {
                variables.insert(name.clone(), value);
            }
            Err(message) => problems.push(VariableProblem::of_value(name, message)),
        }
    }
    for definition in definitions {
        let name = &definition.name;
        if given.get(name).is_some_and(|value| !value.is_null()) {
            continue;
        }
        match &definition.default {
            Some(default) => {
                variables.insert(name.clone(), definition.fit(default).unwrap_or_else(|_| default.clone()));
            }
            None if definition.required => {
                problems.push(VariableProblem::of_value(
                    name,
                    format!("`{name}` is missing. The card needs it."),
                ));
            }
            None => {}
        }
    }
    if problems.is_empty() { Ok(variables) } else { Err(problems) }
}

/// The variables of a case that the card does not define: no error, but perhaps misspelt.
pub fn unknown_variables(
    definitions: &[VariableDefinition],
    given: &Map<String, Value>,
) -> Vec<VariableProblem> {
    let unknown = given.keys().filter(|name| definitions.iter().all(|definition| definition.name != **name));
    unknown
        .map(|name| VariableProblem::of_value(name, format!("The card has no variable `{name}`.")))
        .collect()
}

/// What is wrong with the definitions of a card: names that are none or stand twice, and defaults and
/// allowed values that the definition itself would refuse.
pub fn check_definitions(definitions: &[VariableDefinition]) -> Vec<VariableProblem> {
    let mut problems = Vec::new();
    let mut names = BTreeSet::new();
    for (index, definition) in definitions.iter().enumerate() {
        let name = &definition.name;
        let mut problem = |field: &str, message: String| {
            problems.push(VariableProblem { pointer: format!("/variables/{index}/{field}"), message });
        };
        if !is_identifier(name) {
            problem(
                "name",
                format!(
                    "`{name}` is no name. Use letters a to z, digits and underscores, and no digit first."
                ),
            );
        } else if RESERVED.contains(&name.as_str()) {
            problem("name", format!("`{name}` has a meaning of its own in templates. Use another name."));
        } else if !names.insert(name) {
            problem("name", format!("`{name}` is defined twice."));
        }
        for (position, allowed) in definition.allowed_values.iter().enumerate() {
            if let Err(message) = definition.read(allowed) {
                problem(&format!("allowed_values/{position}"), message);
            }
        }
        if let Some(default) = &definition.default
            && let Err(message) = definition.fit(default)
        {
            problem("default", message);
        }
    }
    problems
}

/// The names that `minijinja` takes: ASCII letters, digits and underscores.
fn is_identifier(name: &str) -> bool {
    name.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '_')
        && name.chars().next().is_some_and(|first| !first.is_ascii_digit())
}

impl VariableDefinition {
    /// The value as the template gets it, or the sentence that says why it does not fit.
    fn fit(&self, value: &Value) -> Result<Value, String> {
        let read = self.read(value)?;
        if self.allowed_values.is_empty()
            || self.allowed_values.iter().any(|allowed| self.same(&read, allowed))
        {
            return Ok(read);
        }
        let shown = self.allowed_values.iter().take(10).map(|allowed| format!("`{}`", printed(allowed)));
        let more = if self.allowed_values.len() > 10 { ", …" } else { "" };
        let list = shown.collect::<Vec<_>>().join(", ");
        Err(format!("`{}` is `{}`. It must be one of {list}{more}.", self.name, shortened(&printed(&read))))
    }

    fn read(&self, value: &Value) -> Result<Value, String> {
        fits_limit(&self.name, value)?;
        let read = match (self.variable_type, value) {
            (VariableType::Text, Value::String(_) | Value::Number(_) | Value::Bool(_))
            | (VariableType::Number, Value::Number(_))
            | (VariableType::Boolean, Value::Bool(_))
            | (VariableType::List, Value::Array(_))
            | (VariableType::Object, Value::Object(_)) => Some(value.clone()),
            (VariableType::Number, Value::String(text)) => number(text),
            (VariableType::Boolean, Value::String(text)) => match text.trim().to_ascii_lowercase().as_str() {
                "true" => Some(Value::Bool(true)),
                "false" => Some(Value::Bool(false)),
                _ => None,
            },
            (VariableType::List, Value::String(text)) => {
                serde_json::from_str(text).ok().filter(Value::is_array)
            }
            (VariableType::Object, Value::String(text)) => {
                serde_json::from_str(text).ok().filter(Value::is_object)
            }
            _ => None,
        };
        read.ok_or_else(|| {
            let wanted = match self.variable_type {
                VariableType::Text => "a text",
                VariableType::Number => "a number",
                VariableType::Boolean => "true or false",
                VariableType::List => "a list",
                VariableType::Object => "an object",
            };
            let found = match value {
                Value::Null => "null".to_owned(),
                Value::Bool(_) => "true or false".to_owned(),
                Value::Number(number) => format!("the number {number}"),
                Value::String(text) if text.is_empty() => "an empty text".to_owned(),
                Value::String(text) => format!("the text `{}`", shortened(text)),
                Value::Array(_) => "a list".to_owned(),
                Value::Object(_) => "an object".to_owned(),
            };
            format!("`{}` must be {wanted}, not {found}.", self.name)
        })
    }

    /// Whether a value that was read is an allowed one. Numbers are compared as numbers.
    fn same(&self, read: &Value, allowed: &Value) -> bool {
        if self.variable_type == VariableType::Number {
            let numbers = (as_number(read), as_number(allowed));
            return matches!(numbers, (Some(read), Some(allowed)) if read.total_cmp(&allowed).is_eq());
        }
        self.read(allowed).is_ok_and(|allowed| printed(read) == printed(&allowed))
    }
}

/// The value of a text for a number: the number where it prints the same, else the text.
fn number(text: &str) -> Option<Value> {
    let written = Value::String(text.to_owned());
    as_number(&written)?;
    let exact = serde_json::from_str::<Number>(text).ok().filter(|number| number.to_string() == text);
    Some(exact.map_or(written, Value::Number))
}

fn as_number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        // Rust also reads `inf`, `nan` and `infinity`, which are no numbers here.
        Value::String(text) => {
            let text = text.trim();
            let number = text.parse::<f64>().ok().filter(|number| number.is_finite())?;
            text.ends_with(|sign: char| sign.is_ascii_digit() || sign == '.').then_some(number)
        }
        _ => None,
    }
}

fn fits_limit(name: &str, value: &Value) -> Result<(), String> {
    let bytes = printed(value).len();
    if bytes <= VALUE_LIMIT {
        return Ok(());
    }
    Err(format!("`{name}` has {bytes} bytes. A value has at most {VALUE_LIMIT}."))
}

/// A value as a template prints it.
fn printed(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
