//! What JavaScript makes of values, where promptfoo's verdicts hang on it.

use serde_json::{Number, Value};

/// `String(value)` of a text, a number or a boolean. None for what is not one of these.
pub(super) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number_text(double(number))),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// `String(value)` of any JSON: a list is its texts with commas between, null within it is nothing.
pub fn string_of(value: &Value) -> String {
    match value {
        Value::Array(values) => {
            let texts =
                values.iter().map(|value| if value.is_null() { String::new() } else { string_of(value) });
            texts.collect::<Vec<_>>().join(",")
        }
        Value::Object(_) => "[object Object]".into(),
        Value::Null => "null".into(),
        other => text_of(other).unwrap_or_default(),
    }
}

/// `Number(value)` of any JSON. NaN: it is none.
pub(super) fn number_of(value: &Value) -> f64 {
    match value {
        Value::Number(number) => double(number),
        Value::Bool(flag) => f64::from(u8::from(*flag)),
        Value::Null => 0.0,
        other => number_of_text(&string_of(other)),
    }
}

/// `Number(text)`: `StringToNumber` of ECMA-262.
fn number_of_text(text: &str) -> f64 {
    let text = text.trim_matches(is_space);
    let radix = |digits: &str, radix: u32| {
        let digits = digits.chars().map(|digit| digit.to_digit(radix).map(f64::from));
        digits.reduce(|sum, digit| Some(sum? * f64::from(radix) + digit?)).flatten().unwrap_or(f64::NAN)
    };
    match text.get(..2) {
        Some("0x" | "0X") => return radix(&text[2..], 16),
        Some("0o" | "0O") => return radix(&text[2..], 8),
        Some("0b" | "0B") => return radix(&text[2..], 2),
        _ => {}
    }
    match text {
        "" => 0.0,
        "Infinity" | "+Infinity" => f64::INFINITY,
        "-Infinity" => f64::NEG_INFINITY,
        // Rust also reads `inf` and `nan`, in any case.
        text if text.contains(|c: char| c.is_ascii_alphabetic() && !matches!(c, 'e' | 'E')) => f64::NAN,
        text => text.parse().unwrap_or(f64::NAN),
    }
}

/// Whether JavaScript takes the character for white space, in `trim` and in `\s`.
pub(super) fn is_space(character: char) -> bool {
    // Unicode's white space has U+0085, JavaScript's has the byte order mark.
    (character.is_whitespace() && character != '\u{85}') || character == '\u{feff}'
}

/// JavaScript has doubles only: whole numbers beyond 2^53 lose their last digits.
fn double(number: &Number) -> f64 {
    number.as_f64().unwrap_or(f64::NAN)
}

/// `String(number)`: `Number::toString` of ECMA-262, radix 10.
pub(crate) fn number_text(number: f64) -> String {
    if number == 0.0 {
        return "0".into();
    }
    // Rust writes the shortest digits that read back as the same double, as ECMA-262 asks.
    let scientific = format!("{:e}", number.abs());
    let Some((mantissa, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    let digits = mantissa.replace('.', "");
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let sign = if number < 0.0 { "-" } else { "" };
    // How many digits stand before the point.
    let before = exponent + 1;
    let text = match usize::try_from(before) {
        Ok(before @ 1..=21) if digits.len() <= before => format!("{digits:0<before$}"),
        Ok(before @ 1..=21) => format!("{}.{}", &digits[..before], &digits[before..]),
        _ if (-5..=0).contains(&before) => {
            format!("0.{}{digits}", "0".repeat(before.unsigned_abs().try_into().unwrap_or(0)))
        }
        _ => {
            let point = if digits.len() > 1 { "." } else { "" };
            format!("{}{point}{}e{exponent:+}", &digits[..1], &digits[1..])
        }
    };
    format!("{sign}{text}")
}

/// `isDeepStrictEqual` of Node.js on parsed JSON: numbers are doubles, 0 is not -0, and the order
/// of an object's keys does not matter.
pub(super) fn deep_strict_equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => double(left).to_bits() == double(right).to_bits(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left.iter().zip(right).all(|(left, right)| deep_strict_equal(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(key, left)| right.get(key).is_some_and(|right| deep_strict_equal(left, right)))
        }
        _ => left == right,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_javascript_writes_them() {
        // Each line was run in Node.js.
        let table = [
            ("1e21", "1e+21"),
            ("1e20", "100000000000000000000"),
            ("123456789012345680000", "123456789012345680000"),
            ("12345678901234567890", "12345678901234567000"),
            ("9007199254740993", "9007199254740992"),
            ("0.1", "0.1"),
            ("-0", "0"),
            ("-0.0", "0"),
            ("1.0", "1"),
            ("-1.50", "-1.5"),
            ("0.000001", "0.000001"),
            ("0.0000001", "1e-7"),
            ("1.5e-7", "1.5e-7"),
            ("123e-20", "1.23e-18"),
            ("-1.7976931348623157e308", "-1.7976931348623157e+308"),
            ("5e-324", "5e-324"),
            ("100", "100"),
            ("0.30000000000000004", "0.30000000000000004"),
            ("4.35", "4.35"),
        ];
        for (json, expected) in table {
            let value: Value = serde_json::from_str(json).unwrap();
            assert_eq!(text_of(&value).as_deref(), Some(expected), "{json}");
        }
    }

    #[test]
    fn any_json_has_a_text_and_a_number() {
        // Each line was run in Node.js.
        let table = [
            ("null", "null", 0.0),
            ("true", "true", 1.0),
            ("[]", "", 0.0),
            ("[null, 5]", ",5", f64::NAN),
            ("[[\"7\"]]", "7", 7.0),
            ("[1, [2, {\"a\": 3}]]", "1,2,[object Object]", f64::NAN),
            ("{}", "[object Object]", f64::NAN),
            ("\" 12\\n\"", " 12\n", 12.0),
            ("\"\"", "", 0.0),
            ("\"0x1F\"", "0x1F", 31.0),
            ("\"0b2\"", "0b2", f64::NAN),
            ("\"0x\"", "0x", f64::NAN),
            ("\"-0x1\"", "-0x1", f64::NAN),
            ("\"5.\"", "5.", 5.0),
            ("\".5e1\"", ".5e1", 5.0),
            ("\"+3\"", "+3", 3.0),
            ("\"e5\"", "e5", f64::NAN),
            ("\"inf\"", "inf", f64::NAN),
            ("\"-Infinity\"", "-Infinity", f64::NEG_INFINITY),
            ("\"1_000\"", "1_000", f64::NAN),
            ("\"1,5\"", "1,5", f64::NAN),
            ("\"\u{85}1\"", "\u{85}1", f64::NAN),
            ("\"\u{feff}1\"", "\u{feff}1", 1.0),
        ];
        for (json, text, number) in table {
            let value: Value = serde_json::from_str(json).unwrap();
            assert_eq!(string_of(&value), text, "{json}");
            let found = number_of(&value);
            assert!(found.total_cmp(&number).is_eq(), "{json} is {found}, not {number}");
        }
    }

    #[test]
    fn parsed_json_is_compared_as_node_compares_it() {
        let equal = |left: &str, right: &str| {
            let [left, right] = [left, right].map(|json| serde_json::from_str(json).unwrap());
            deep_strict_equal(&left, &right)
        };
        assert!(equal(r#"{"a":1,"b":[2]}"#, r#"{"b":[2.0],"a":1e0}"#));
        assert!(equal("9007199254740993", "9007199254740992"));
        assert!(!equal("0", "-0"));
        assert!(!equal("[1]", "[1,2]"));
        assert!(!equal(r#"{"a":1}"#, r#"{"a":1,"b":null}"#));
        assert!(!equal(r#""1""#, "1"));
        assert!(!equal("null", "false"));
    }
}
