//! Tests in a table: a row is a test, a column is a variable, and columns that begin with `__` are more.

use std::collections::{BTreeSet, HashMap};
use std::mem;
use std::sync::Arc;

use serde_json::Value;

use super::model::TestAssertion;
use super::tests::{RawTest, Tests};
use super::{cell, csv};
use crate::problem::Path;

/// What a column holds.
enum Column<'a> {
    Variable,
    Expected,
    Prefix,
    Suffix,
    Description,
    ProviderOutput,
    Metric,
    Threshold,
    Metadata(&'a str),
    MetadataList(&'a str),
    /// The threshold of the assertion with this index.
    ThresholdOf(usize),
    PassedOver,
}

/// Reads the rows of a table.
pub(super) fn read(found: &mut Tests, text: &str, file: &str) -> Result<(), String> {
    let table = csv::read(text, found.delimiter).map_err(|error| format!("`{file}`, {error}"))?;
    let (header, places) = distinct(found, &table.header, file);
    let mut columns = Vec::with_capacity(header.len());
    for name in &header {
        columns.push(column(name).map_err(|reason| format!("`{file}`, column `{name}`: {reason}"))?);
        if matches!(columns.last(), Some(Column::PassedOver)) {
            let path = Path::of(format!("{file}, column `{name}`"));
            found.findings.note(&path, "is passed over: nothing is known by this name");
        } else if looks_special(name) {
            let path = Path::of(format!("{file}, column `{name}`"));
            found.findings.note(&path, format!("is a variable. Is `_{name}` meant?"));
        }
    }
    for (index, mut row) in table.rows.into_iter().enumerate() {
        let cells = places.iter().map(|place| mem::take(&mut row.cells[*place])).collect();
        let place = Path::of(format!("{file}, line {}", row.line));
        let read = test(found, &header, &columns, cells, &place, index);
        found.add(read);
    }
    Ok(())
}

/// The names of columns, each once, and where the cells of each are. As in promptfoo, of several columns of one name the
/// last has its cells, and the first its place.
fn distinct<'a>(found: &mut Tests, names: &'a [String], file: &str) -> (Vec<&'a str>, Vec<usize>) {
    let (mut header, mut places) = (Vec::new(), Vec::new());
    let (mut known, mut repeated) = (HashMap::new(), BTreeSet::new());
    for (place, name) in names.iter().map(|name| name.trim()).enumerate() {
        if let Some(first) = known.get(name) {
            places[*first] = place;
            repeated.insert(name);
        } else {
            known.insert(name, header.len());
            header.push(name);
            places.push(place);
        }
    }
    for name in repeated {
        let path = Path::of(format!("{file}, column `{name}`"));
        found.findings.note(&path, "is there more than once: the last one counts");
    }
    (header, places)
}

fn column(name: &str) -> Result<Column<'_>, String> {
    Ok(match name {
        "__prefix" => Column::Prefix,
        "__suffix" => Column::Suffix,
        "__description" => Column::Description,
        "__providerOutput" => Column::ProviderOutput,
        "__metric" => Column::Metric,
        "__threshold" => Column::Threshold,
        "__metadata" => Column::PassedOver,
        name if name.starts_with("__expected") => Column::Expected,
        name => {
            if let Some(key) = name.strip_prefix("__metadata:") {
                return Ok(key.strip_suffix("[]").map_or(Column::Metadata(key), Column::MetadataList));
            }
            let Some(config) = name.strip_prefix("__config:") else { return Ok(Column::Variable) };
            let Some((target, option)) = config.split_once(':').filter(|(_, option)| !option.contains(':'))
            else {
                return Ok(Column::PassedOver);
            };
            let number = target.strip_prefix("__expected").and_then(|number| match number {
                "" => Some(1),
                number => number.parse::<usize>().ok().filter(|number| *number >= 1),
            });
            match (number, option) {
                (Some(number), "threshold") => Column::ThresholdOf(number - 1),
                (Some(_), _) => return Err(format!("`{option}` cannot be set, only `threshold`")),
                (None, _) => return Err(format!("`{target}` is not `__expected` with a number from 1")),
            }
        }
    })
}

/// Whether a name has one `_` where two are meant.
fn looks_special(name: &str) -> bool {
    let names = [
        "_expected",
        "_prefix",
        "_suffix",
        "_description",
        "_providerOutput",
        "_metric",
        "_threshold",
        "_metadata",
        "_config",
    ];
    !name.starts_with("__") && names.iter().any(|special| name.starts_with(special))
}

fn test(
    tests: &mut Tests,
    header: &[&str],
    columns: &[Column],
    cells: Vec<String>,
    place: &Path,
    index: usize,
) -> RawTest {
    let mut test = RawTest {
        path: place.clone(),
        description: Some(format!("Row #{}", index + 1)),
        ..RawTest::default()
    };
    let mut assertions = Vec::new();
    let mut thresholds = Vec::new();
    let mut metric = None;
    for ((name, column), cell) in header.iter().zip(columns).zip(cells) {
        match column {
            Column::Variable => {
                test.variables.insert((*name).to_owned(), cell.into());
            }
            Column::Expected | Column::Metadata(_) | Column::MetadataList(_) if cell.trim().is_empty() => {}
            Column::Expected => match cell::assertion(cell.trim()) {
                Ok(assertion) if tests.known.has(&assertion.assertion_type) => assertions.push(assertion),
                Ok(assertion) => {
                    let at = Path::of(format!("{place}, {name}"));
                    tests.findings.refuse(&at, format!("{} is not supported", assertion.assertion_type));
                }
                Err(reason) => tests.findings.refuse(&Path::of(format!("{place}, {name}")), reason),
            },
            Column::Prefix => test.prefix = Some(cell),
            Column::Suffix => test.suffix = Some(cell),
            Column::Description if cell.is_empty() => {}
            Column::Description => test.description = Some(cell),
            Column::ProviderOutput => {
                test.provider_output = Some(Value::from(cell)).filter(|output| output != "");
            }
            Column::Metric => metric = Some(cell).filter(|metric| !metric.is_empty()),
            Column::Threshold => test.threshold = cell::number(&cell),
            Column::Metadata(key) => {
                test.metadata.insert((*key).to_owned(), cell.into());
            }
            Column::MetadataList(key) => {
                test.metadata.insert((*key).to_owned(), list(&cell).into());
            }
            Column::ThresholdOf(assertion) => {
                if let Some(threshold) = cell::number(&cell) {
                    thresholds.push((*assertion, threshold));
                } else {
                    let at = Path::of(format!("{place}, {name}"));
                    let message = format!("`{cell}` is no number. Each row needs one in this column");
                    tests.findings.refuse(&at, message);
                }
            }
            Column::PassedOver => {}
        }
    }
    for (target, threshold) in thresholds {
        if let Some(assertion) = assertions.get_mut(target) {
            assertion.threshold = Some(threshold);
            test.metadata.insert("threshold".into(), threshold.into());
        }
    }
    test.assertions = assertions
        .into_iter()
        .map(|mut assertion| {
            assertion.metric.clone_from(&metric);
            Arc::new(TestAssertion { assertion, is_literal: false, set: Vec::new() })
        })
        .collect();
    test
}

/// Texts with commas between; `\,` is a comma in a text.
fn list(cell: &str) -> Vec<Value> {
    let mut items = vec![String::new()];
    let mut before = ' ';
    for sign in cell.chars() {
        match (sign, before, items.last_mut()) {
            (',', '\\', Some(item)) => {
                item.pop();
                item.push(',');
            }
            (',', _, _) => items.push(String::new()),
            (sign, _, Some(item)) => item.push(sign),
            _ => {}
        }
        before = sign;
    }
    items.into_iter().map(|item| item.trim().into()).collect()
}
