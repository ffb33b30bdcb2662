//! Values that stand in files of their own: `file://schema.json` inside a config or a file of tests.

use domain::yaml;
use serde_json::Value;

use super::csv;
use crate::files::{Reader, extension, is_pattern, join};
use crate::problem::{Findings, Path};

/// Files of programs: promptfoo calls them, we do not.
const PROGRAMS: [&str; 8] = ["cjs", "cts", "js", "mjs", "mts", "ts", "py", "rb"];

/// A document in YAML or JSON.
pub(super) fn parsed(text: &str) -> Result<Value, String> {
    yaml::read(text)
}

/// The path in `file://path`, or none for another text.
pub(super) fn reference(text: &str) -> Option<&str> {
    text.strip_prefix("file://")
}

/// Whether a path names a program, perhaps with a function: `check.py:first`.
pub(super) fn is_program(path: &str) -> bool {
    let ending = extension(path);
    PROGRAMS.contains(&ending.split(':').next().unwrap_or_default())
}

/// Replaces each `file://…` in a value by what the file holds: YAML and JSON parsed, tables as lists, other
/// files as text. Variables of tests are left, as they are looked up where they are used.
pub(super) fn load_nested(value: Value, reader: &Reader, path: &Path, findings: &mut Findings) -> Value {
    match value {
        Value::Array(items) => items
            .into_iter()
            .enumerate()
            .map(|(index, item)| load_nested(item, reader, &path.index(index), findings))
            .collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(key, item)| {
                let item =
                    if key == "vars" { item } else { load_nested(item, reader, &path.key(&key), findings) };
                (key, item)
            })
            .collect(),
        Value::String(text) => match reference(&text) {
            // Named where it is used, as a program.
            Some(file) if is_program(file) => Value::String(text),
            Some(file) => load(&join(reader.root(), file), reader).unwrap_or_else(|reason| {
                findings.refuse(path, reason);
                Value::Null
            }),
            None => Value::String(text),
        },
        other => other,
    }
}

fn load(path: &str, reader: &Reader) -> Result<Value, String> {
    if !is_pattern(path) {
        return content(path, reader);
    }
    let found = reader.matching(path)?;
    if found.is_empty() {
        return Err(format!("no file matches `{path}`"));
    }
    let mut all = Vec::new();
    for file in found {
        match content(&file, reader)? {
            Value::Array(items) => all.extend(items),
            Value::Null => {}
            other => all.push(other),
        }
    }
    Ok(Value::Array(all))
}

fn content(path: &str, reader: &Reader) -> Result<Value, String> {
    let text = reader.text(path)?;
    match extension(path).as_str() {
        "json" => serde_json::from_str(&text).map_err(|error| format!("`{path}` is not JSON: {error}")),
        "yaml" | "yml" => parsed(&text).map_err(|error| format!("`{path}` is not YAML: {error}")),
        "csv" => {
            let table = csv::read(&text, ',').map_err(|error| format!("`{path}`, {error}"))?;
            let rows = table.rows.into_iter();
            Ok(match table.header.as_slice() {
                [_] => rows.filter_map(|row| row.cells.into_iter().next()).map(Value::from).collect(),
                header => rows
                    .map(|row| {
                        let cells = row.cells.into_iter().map(Value::from);
                        Value::Object(header.iter().cloned().zip(cells).collect())
                    })
                    .collect(),
            })
        }
        _ => Ok(Value::from(text)),
    }
}
