//! What a lowered template calls to build, walk or print a value: each counts, so that none grows
//! without paying.
//!
//! The fuel of `minijinja` pays for instructions, bytes of text and items of lists at the top. It does
//! not pay for what lies inside a list of lists, for a list that is worked out only when it is read,
//! nor for a list that holds itself many times over. With its fuel alone, `{% set ns.x = [ns.x] %}` in
//! a loop overflows the stack and ends the process, and `([1] * 100000000) ~ ""` takes 600 MB.

use minijinja::value::{DynObject, Kwargs, Tuple, Value, ValueKind};
use minijinja::{Error, ErrorKind, Output, State};

/// Deepest nesting of lists and objects. A request may bring 32.
const DEPTH_LIMIT: usize = 40;
/// Most values in one list or object, all levels together.
const NODES_LIMIT: u64 = 100_000;
/// Most bytes of text in one list or object, all levels together, a text counted as often as it occurs.
const BYTES_LIMIT: u64 = 2 * 1024 * 1024;
/// Most numbers that `range` gives.
const RANGE_LIMIT: i128 = 10_000;
/// Most characters that `trim` takes off: it compares each of them with each character of the text.
const TRIM_LIMIT: usize = 64;

/// A limit was passed, by which a template tells it from its other errors.
#[derive(Debug, thiserror::Error)]
#[error("limit")]
pub(super) struct Limit;

fn limit(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into()).with_source(Limit)
}

/// Takes in a value that was just built: refuses what is too large or too deep, and works out what is
/// lazy, so that a lazy list never stands on another. An undefined value cannot be taken in: printed
/// within a list it would look like `null`.
pub(super) fn hold(state: &mut State, value: Value) -> Result<Value, Error> {
    if let Some(undefined) = weigh_object(state, &value)? {
        state.format(undefined)?;
    }
    let Some(object) = value.as_object() else { return Ok(value) };
    let plain = !matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable)
        || object.is::<Vec<Value>>()
        || object.is::<Tuple>();
    if plain { Ok(value) } else { Ok(Value::from(value.try_iter()?.collect::<Vec<_>>())) }
}

/// Pays for an operation that walks the whole of a value. `minijinja` itself charges a filter for the
/// bytes of a text that it is given.
pub(super) fn weigh(state: &State, value: Value) -> Result<Value, Error> {
    weigh_object(state, &value)?;
    Ok(value)
}

/// Pays likewise, and refuses an undefined value, of which `minijinja` would take a part in silence.
pub(super) fn given(state: &mut State, value: Value) -> Result<Value, Error> {
    if value.is_undefined() {
        state.format(value.clone())?;
    }
    weigh(state, value)
}

/// Pays for an operation that walks a text but not a list, such as taking its nth character.
pub(super) fn charge(value: Value) -> Value {
    value
}

/// Lets a namespace's attribute be set, but not to a namespace: two of them could hold each other,
/// which is walked for ever and freed never.
pub(super) fn store(value: Value) -> Result<Value, Error> {
    if value.as_object().is_some_and(is_namespace) {
        return Err(Error::new(ErrorKind::InvalidOperation, "a namespace cannot hold a namespace"));
    }
    Ok(value)
}

/// `left ~ right`, of values written as they are printed.
pub(super) fn concat(state: &mut State, left: Value, right: Value) -> Result<String, Error> {
    let mut text = state.format(left)?;
    text.push_str(&state.format(right)?);
    Ok(text)
}

/// Writes a value: text as it is, everything else as JSON.
pub(super) fn print(out: &mut Output, state: &mut State, value: &Value) -> Result<(), Error> {
    if let Some(text) = value.as_str() {
        return Ok(out.write_str(text)?);
    }
    weigh_object(state, value)?;
    Ok(out.write_str(&as_text(value)?)?)
}

/// The filter `string`.
pub(super) fn string(state: &mut State, value: Value) -> Result<String, Error> {
    state.format(value)
}

/// The filter `tojson`: JSON, without the escapes for HTML that Jinja adds. `indent` is the number of
/// spaces.
#[expect(clippy::needless_pass_by_value, reason = "the signature that minijinja asks of a filter")]
pub(super) fn to_json(
    state: &mut State,
    value: Value,
    indent: Option<usize>,
    options: Kwargs,
) -> Result<String, Error> {
    let indent = indent.or(options.get::<Option<usize>>("indent")?);
    options.assert_all_used()?;
    if value.is_undefined() {
        return state.format(value);
    }
    weigh_object(state, &value)?;
    let Some(width) = indent else { return json(&value) };
    let spaces = " ".repeat(width.min(16));
    let mut bytes = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(spaces.as_bytes());
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, formatter);
    serde::Serialize::serialize(&value, &mut serializer).map_err(no_json)?;
    String::from_utf8(bytes).map_err(no_json)
}

/// The filter `trim`.
pub(super) fn trim(value: &str, characters: Option<&str>) -> Result<String, Error> {
    let Some(characters) = characters else { return Ok(value.trim().to_owned()) };
    let set: Vec<char> = characters.chars().take(TRIM_LIMIT + 1).collect();
    if set.len() > TRIM_LIMIT {
        return Err(limit(format!("`trim` takes off at most {TRIM_LIMIT} different characters.")));
    }
    Ok(value.trim_matches(set.as_slice()).to_owned())
}

/// The filter `sum`, of numbers. That of `minijinja` also joins texts, each time copying all before.
pub(super) fn sum(
    state: &State,
    values: Value,
    attribute: Option<&str>,
    start: Option<Value>,
    options: Kwargs,
) -> Result<Value, Error> {
    let start = start.or(options.get::<Option<Value>>("start")?).unwrap_or_else(|| Value::from(0));
    if !start.is_number() {
        return Err(Error::new(ErrorKind::InvalidOperation, "`sum` starts from a number"));
    }
    minijinja::filters::sum(state, values, attribute, Some(start), options)
}

/// The function `range`.
pub(super) fn range(first: i64, second: Option<i64>, step: Option<i64>) -> Result<Value, Error> {
    let (start, end) = second.map_or((0, first), |end| (first, end));
    let step = step.unwrap_or(1);
    let distance = i128::from(end) - i128::from(start);
    let numbers = match i128::from(step) {
        0 => return Err(Error::new(ErrorKind::InvalidOperation, "the step of `range` is 0")),
        step if (step > 0) == (distance > 0) => (distance.abs() + step.abs() - 1) / step.abs(),
        _ => 0,
    };
    if numbers > RANGE_LIMIT {
        return Err(limit(format!("`range` gives at most {RANGE_LIMIT} numbers.")));
    }
    let mut next = start;
    let mut list = Vec::new();
    for _ in 0..numbers {
        list.push(Value::from(next));
        next = next.saturating_add(step);
    }
    Ok(Value::from(list))
}

fn is_namespace(object: &DynObject) -> bool {
    // The type is private to `minijinja`; a test notices if its name changes.
    object.type_name().ends_with("::Namespace")
}

/// Charges the fuel for walking a list or an object. Answers an undefined value within it, if any.
pub(super) fn weigh_object(state: &State, value: &Value) -> Result<Option<Value>, Error> {
    if value.as_object().is_none() {
        return Ok(None);
    }
    let mut weight = Weight::default();
    let walked = weight.add(value, 0);
    // What was walked is paid for even where a limit ended the walk.
    state.consume_fuel(weight.nodes / 8 + weight.bytes / 64)?;
    walked.map(|()| weight.undefined)
}

#[derive(Default)]
struct Weight {
    nodes: u64,
    bytes: u64,
    undefined: Option<Value>,
}

impl Weight {
    fn add(&mut self, value: &Value, depth: usize) -> Result<(), Error> {
        self.nodes += 1;
        self.bytes += value.as_str().map_or(0, |text| text.len() as u64);
        if self.nodes > NODES_LIMIT || self.bytes > BYTES_LIMIT {
            return Err(limit("A list or an object grows too large here."));
        }
        let Some(object) = value.as_object() else {
            return match value.kind() {
                ValueKind::Undefined => {
                    self.undefined = Some(value.clone());
                    Ok(())
                }
                ValueKind::Invalid => Err(Error::new(ErrorKind::InvalidOperation, value.to_string())),
                _ => Ok(()),
            };
        };
        if depth >= DEPTH_LIMIT {
            return Err(limit(format!("Lists and objects are nested more than {DEPTH_LIMIT} deep here.")));
        }
        if depth > 0 && is_namespace(object) {
            return Err(Error::new(
                ErrorKind::InvalidOperation,
                "a list or an object cannot hold a namespace",
            ));
        }
        match value.kind() {
            ValueKind::Map => {
                for (key, value) in object.try_iter_pairs().into_iter().flatten() {
                    self.add(&key, depth + 1)?;
                    self.add(&value, depth + 1)?;
                }
            }
            ValueKind::Seq | ValueKind::Iterable => {
                for item in object.try_iter().into_iter().flatten() {
                    self.add(&item, depth + 1)?;
                }
            }
            _ => {}
        }
        Ok(())
    }
}

fn as_text(value: &Value) -> Result<String, Error> {
    match value.kind() {
        // JSON has no infinity and no integers of 128 bits.
        ValueKind::Number if json(value).is_ok_and(|text| text == "null") => Ok(value.to_string()),
        ValueKind::Plain | ValueKind::Undefined => Ok(value.to_string()),
        _ => json(value),
    }
}

fn json(value: &Value) -> Result<String, Error> {
    serde_json::to_string(value).map_err(no_json)
}

fn no_json(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::BadSerialization, "the value cannot be written as JSON").with_source(error)
}
