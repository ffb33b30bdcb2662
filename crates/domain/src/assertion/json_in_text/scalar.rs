//! What a plain scalar of YAML's core schema is: null, a boolean, a number, a time, or a text.

use std::sync::OnceLock;

use serde_json::{Number, Value};

/// A plain scalar, resolved.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scalar {
    Value(Value),
    /// A point in time, which is an object for JavaScript.
    Time,
    /// `<<`, which takes over the entries of other mappings.
    Merge,
}

pub(super) fn resolve(text: &str) -> Scalar {
    let value = match text {
        // The last ones are numbers of YAML that JSON has not; null is as little a number.
        "" | "~" | "null" | "Null" | "NULL" | ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF"
        | "-.inf" | "-.Inf" | "-.INF" | ".nan" | ".NaN" | ".NAN" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        "<<" => return Scalar::Merge,
        _ if is_time(text) => return Scalar::Time,
        _ => number(text).map_or_else(|| Value::from(text), Value::Number),
    };
    Scalar::Value(value)
}

/// Doubles, as JavaScript has no others.
fn number(text: &str) -> Option<Number> {
    let radix = |digits: &str, radix: u32| {
        let digits = digits.chars().map(|digit| digit.to_digit(radix).map(f64::from));
        digits.reduce(|sum, digit| Some(sum? * f64::from(radix) + digit?)).flatten()
    };
    let first = text.bytes().next()?;
    let number = match text.get(..2) {
        Some("0x") => radix(&text[2..], 16)?,
        Some("0o") => radix(&text[2..], 8)?,
        // Rust also reads `inf` and `nan`.
        _ if first.is_ascii_digit() || matches!(first, b'-' | b'+' | b'.') => {
            let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
            plain.then(|| text.parse().ok()).flatten()?
        }
        _ => return None,
    };
    // A whole number is written without a point, as texts of keys and schemas' integers want it.
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and below 2^53")]
    if number.fract() == 0.0
        && number.abs() < 9_007_199_254_740_992.0
        && (number != 0.0 || number.is_sign_positive())
    {
        return Some(Number::from(number as i64));
    }
    Number::from_f64(number)
}

/// A date, or a date with a time, that the calendar has.
fn is_time(text: &str) -> bool {
    static PATTERN: OnceLock<Option<regex::Regex>> = OnceLock::new();
    let compile = || {
        regex::Regex::new(
            r"(?x)^([0-9]{4})-(?:([0-9]{2})-([0-9]{2})|([0-9]{1,2})-([0-9]{1,2})
            (?:[Tt]|[\x20\t]+)([0-9]{1,2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]*)?
            (?:[\x20\t]*(?:Z|[-+]([0-9]{1,2})(?::([0-9]{2}))?))?)$",
        )
        .ok()
    };
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    let Some(found) = PATTERN.get_or_init(compile).as_ref().and_then(|pattern| pattern.captures(text)) else {
        return false;
    };
    let part = |group: usize| found.get(group).and_then(|part| part.as_str().parse::<i16>().ok());
    let small = |group: usize| part(group).and_then(|part| i8::try_from(part).ok());
    let (month, day) = if found.get(2).is_some() { (small(2), small(3)) } else { (small(4), small(5)) };
    let (Some(year), Some(month), Some(day)) = (part(1), month, day) else {
        return false;
    };
    // JavaScript takes the years before 100 for those of the last century, which then are not what was written.
    year >= 100
        && jiff::civil::Date::new(year, month, day).is_ok()
        && part(6).is_none_or(|hour| hour <= 23)
        && part(7).is_none_or(|minute| minute <= 59)
        && part(8).is_none_or(|second| second <= 59)
        && part(9).is_none_or(|hour| hour <= 23)
        && part(10).is_none_or(|minute| minute <= 59)
}
