//! How JavaScript writes, compares and counts values, for templates of promptfoo's files.

use std::cmp::Ordering;

use minijinja::value::{Serde, ValueKind};
use minijinja::{Error, ErrorKind, Output, State, Value};
use serde_json::Value as Json;

use crate::assertion::javascript::number_text;
use crate::template::bounded::weigh_object;

/// Writes a value as Nunjucks does: `String(value)`, and nothing for what is missing.
pub(super) fn print(out: &mut Output, state: &mut State, value: &Value) -> Result<(), Error> {
    if let Some(text) = value.as_str() {
        return Ok(out.write_str(text)?);
    }
    weigh_object(state, value)?;
    Ok(out.write_str(&text_of(value))?)
}

/// What text filters make of their input before they look at it.
pub(super) fn text(state: &State, value: Value) -> Result<Value, Error> {
    if value.as_str().is_some() {
        return Ok(value);
    }
    weigh_object(state, &value)?;
    Ok(Value::from(text_of(&value)))
}

/// `String(value)`, with nothing for undefined and null. The value has been weighed.
fn text_of(value: &Value) -> String {
    match value.kind() {
        ValueKind::Undefined | ValueKind::None => String::new(),
        ValueKind::Bool => value.is_true().to_string(),
        ValueKind::Number => f64::try_from(value.clone()).map_or_else(|_| value.to_string(), number_text),
        ValueKind::Seq | ValueKind::Iterable => {
            let items = value.try_iter().into_iter().flatten();
            items.map(|item| text_of(&item)).collect::<Vec<_>>().join(",")
        }
        ValueKind::Map => "[object Object]".to_owned(),
        _ => value.as_str().map_or_else(|| value.to_string(), str::to_owned),
    }
}

/// The filter `dump`: `JSON.stringify(value, null, indent)`.
pub(super) fn dump(state: &State, value: Value, indent: Option<usize>) -> Result<Value, Error> {
    if value.is_undefined() {
        return Ok(value);
    }
    weigh_object(state, &value)?;
    let mut json = serde_json::to_value(&value).map_err(no_json)?;
    shorten_numbers(&mut json);
    let text = match indent {
        None | Some(0) => serde_json::to_string(&json).map_err(no_json)?,
        Some(width) => {
            let spaces = " ".repeat(width.min(10));
            let mut bytes = Vec::new();
            let formatter = serde_json::ser::PrettyFormatter::with_indent(spaces.as_bytes());
            let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, formatter);
            serde::Serialize::serialize(&json, &mut serializer).map_err(no_json)?;
            String::from_utf8(bytes).map_err(no_json)?
        }
    };
    Ok(Value::from(text))
}

/// JavaScript has one kind of number: `1.0` is written `1`.
fn shorten_numbers(json: &mut Json) {
    match json {
        Json::Number(number) if number.is_f64() => {
            let text = number.as_f64().map(number_text).unwrap_or_default();
            if let Ok(whole) = text.parse::<i64>() {
                *json = Json::from(whole);
            }
        }
        Json::Array(items) => items.iter_mut().for_each(shorten_numbers),
        Json::Object(fields) => fields.values_mut().for_each(shorten_numbers),
        _ => {}
    }
}

/// The filter `load`: `JSON.parse(text)`.
pub(super) fn load(text: &str) -> Result<Value, Error> {
    let json: Json = serde_json::from_str(text).map_err(|error| {
        Error::new(ErrorKind::InvalidOperation, format!("`load` was given a text that is not JSON: {error}"))
    })?;
    Ok(Value::from(Serde(json)))
}

/// The filter `length`, which is 0 for what is missing.
pub(super) fn length(value: &Value) -> usize {
    count(value).unwrap_or(0)
}

/// `value.length` of a text or a list, or the field of an object with that name.
pub(super) fn length_attribute(value: &Value) -> Value {
    if value.kind() == ValueKind::Map {
        return value.get_attr("length").unwrap_or(Value::UNDEFINED);
    }
    count(value).map_or(Value::UNDEFINED, Value::from)
}

fn count(value: &Value) -> Option<usize> {
    value.as_str().map_or_else(|| value.len(), |text| Some(text.encode_utf16().count()))
}

/// The filter `wordcount`.
pub(super) fn word_count(text: &str) -> usize {
    text.split(|sign: char| !(sign.is_ascii_alphanumeric() || sign == '_'))
        .filter(|word| !word.is_empty())
        .count()
}

/// What `{% for %}` walks. `pairs`: two names are set, so that an object gives its keys and values.
pub(super) fn each(value: Value, pairs: bool) -> Result<Value, Error> {
    match value.kind() {
        ValueKind::Map if pairs => {
            let keys = value.try_iter()?;
            let pair = |key: Value| {
                let item = value.get_item(&key).unwrap_or(Value::UNDEFINED);
                Value::from(vec![key, item])
            };
            Ok(Value::from(keys.map(pair).collect::<Vec<_>>()))
        }
        ValueKind::Seq | ValueKind::Iterable => Ok(value),
        ValueKind::String => Ok(Value::from(value.try_iter()?.collect::<Vec<_>>())),
        // Nunjucks walks up to `length`, which these do not have.
        _ => Ok(Value::from(Vec::<Value>::new())),
    }
}

/// What JavaScript takes for true: all but nothing, false, 0, NaN and the empty text.
pub(super) fn is_truthy(value: &Value) -> bool {
    match value.kind() {
        ValueKind::Seq | ValueKind::Iterable | ValueKind::Map => true,
        ValueKind::Number => number(value).is_some_and(|number| number != 0.0 && !number.is_nan()),
        _ => value.is_true(),
    }
}

/// `left <operator> right` as JavaScript compares values of different kinds.
pub(super) fn compare(left: &Value, operator: &str, right: &Value) -> bool {
    let order = |wanted: fn(Ordering) -> bool| relation(left, right).is_some_and(wanted);
    match operator {
        "==" => loosely_equal(left, right),
        "!=" => !loosely_equal(left, right),
        "===" => strictly_equal(left, right),
        "!==" => !strictly_equal(left, right),
        "<" => order(Ordering::is_lt),
        "<=" => order(Ordering::is_le),
        ">" => order(Ordering::is_gt),
        _ => order(Ordering::is_ge),
    }
}

fn is_missing(value: &Value) -> bool {
    value.is_undefined() || value.is_none()
}

fn is_object(value: &Value) -> bool {
    value.as_object().is_some()
}

fn loosely_equal(left: &Value, right: &Value) -> bool {
    if is_missing(left) || is_missing(right) {
        return is_missing(left) && is_missing(right);
    }
    match (is_object(left), is_object(right)) {
        (true, true) => left == right,
        (true, false) => loosely_equal(&Value::from(text_of(left)), right),
        (false, true) => loosely_equal(left, &Value::from(text_of(right))),
        (false, false) => match (left.as_str(), right.as_str()) {
            (Some(left), Some(right)) => left == right,
            _ => number(left).is_some_and(|left| number(right) == Some(left)),
        },
    }
}

fn strictly_equal(left: &Value, right: &Value) -> bool {
    left.kind() == right.kind() && loosely_equal(left, right)
}

/// How two values are ordered: as texts if both are, else as numbers, of which NaN has no order.
fn relation(left: &Value, right: &Value) -> Option<Ordering> {
    let text = |value: &Value| (value.as_str().is_some() || is_object(value)).then(|| text_of(value));
    match (text(left), text(right)) {
        (Some(left), Some(right)) => Some(left.encode_utf16().cmp(right.encode_utf16())),
        _ => number(left)?.partial_cmp(&number(right)?),
    }
}

/// `Number(value)`; None where there is no such thing.
fn number(value: &Value) -> Option<f64> {
    match value.kind() {
        ValueKind::Undefined => None,
        ValueKind::None => Some(0.0),
        ValueKind::Bool => Some(f64::from(u8::from(value.is_true()))),
        ValueKind::Number => f64::try_from(value.clone()).ok(),
        _ => number_in(&text_of(value)),
    }
}

fn number_in(text: &str) -> Option<f64> {
    let text = text.trim();
    if text.is_empty() {
        return Some(0.0);
    }
    for (prefix, radix) in [("0x", 16), ("0X", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            return u32::from_str_radix(digits, radix).ok().map(f64::from);
        }
    }
    // `f64` would read words such as `inf` too.
    let numeric = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    numeric.then(|| text.parse().ok()).flatten()
}

fn no_json(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::BadSerialization, "the value cannot be written as JSON").with_source(error)
}
