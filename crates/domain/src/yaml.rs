//! YAML in and out, within bounds: no file of a few bytes becomes gigabytes.

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_saphyr::options::{DuplicateKeyPolicy, NonFiniteFloatPolicy};

/// Most values in a document, those that aliases repeat not counted.
const NODES_LIMIT: usize = 2_000_000;
/// Most values that aliases repeat.
const REPEATED_LIMIT: usize = 500_000;
/// Most bytes of text that a document has once its aliases are written out.
const BYTES_LIMIT: usize = 256 * 1024 * 1024;
/// Deepest nesting.
const DEPTH_LIMIT: usize = 64;

/// Reads one document, in YAML or JSON. A document without content is null.
pub fn read(text: &str) -> Result<Value, String> {
    // JSON is YAML but for a few characters, and read faster as what it is.
    if text.trim_start().starts_with(['{', '['])
        && let Ok(value) = serde_json::from_str(text)
    {
        return Ok(value);
    }
    read_as::<Option<Value>>(text).map(Option::unwrap_or_default)
}

/// Reads one document into a type.
fn read_as<Document: DeserializeOwned>(text: &str) -> Result<Document, String> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_events: 3 * NODES_LIMIT,
            max_nodes: NODES_LIMIT,
            max_depth: DEPTH_LIMIT,
            max_total_scalar_bytes: BYTES_LIMIT,
            // One anchor that a thousand tests share is what anchors are for.
            enforce_alias_anchor_ratio: false,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: REPEATED_LIMIT,
            max_replay_stack_depth: 16,
        },
        duplicate_keys: DuplicateKeyPolicy::Error,
        // `yes` and `no` are texts, as in YAML 1.2.
        strict_booleans: true,
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| error.to_string())
}

/// Writes a value so that [`read`] gives it back: texts of several lines as blocks, and if that would lose
/// anything, all texts in quotes.
pub fn write(value: &Value) -> Result<String, String> {
    for quote_all in [false, true] {
        let options = serde_saphyr::ser_options! { quote_all: quote_all, folded_wrap_chars: usize::MAX };
        let text = serde_saphyr::to_string_with_options(value, options).map_err(|error| error.to_string())?;
        if read(&text).as_ref() == Ok(value) {
            return Ok(text);
        }
    }
    Err("this holds something that YAML cannot, such as an infinite number or too deep a nesting".into())
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_those_of_yaml_1_2() {
        let text =
            "a: yes\nb: true\nc: 1\nd: 1.50\ne: 2024-01-01\nf: ~\ng:\nh: '1'\n1: x\ni: |\n  two\n  lines\n";
        let expected = json!({"a": "yes", "b": true, "c": 1, "d": 1.5, "e": "2024-01-01", "f": null, "g": null,
            "h": "1", "1": "x", "i": "two\nlines\n"});
        assert_eq!(read(text).unwrap(), expected);
        assert_eq!(
            read("x: &a {k: 1}\ny: *a\nz:\n  <<: *a\n  l: 2\n").unwrap()["z"],
            json!({"k": 1, "l": 2})
        );
        assert_eq!(read("{\"a\": [1, \"\\u00e9\"]}").unwrap(), json!({"a": [1, "é"]}));
        assert_eq!(read("# nothing\n").unwrap(), Value::Null);
        assert_eq!(read("").unwrap(), Value::Null);
    }

    #[test]
    fn a_mistake_is_told_with_its_place() {
        let said = read("a: 1\nb: [1, 2\nc: 3\n").unwrap_err();
        assert!(said.contains("line"), "{said}");
        assert!(
            read("a: 1\na: 2\n").unwrap_err().contains("duplicate"),
            "{}",
            read("a: 1\na: 2\n").unwrap_err()
        );
        assert!(read("a: 1\n---\nb: 2\n").is_err());
    }

    #[test]
    fn aliases_do_not_explode() {
        let mut laughs = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
        for level in 1..12 {
            let below = format!("*a{}", level - 1);
            writeln!(laughs, "a{level}: &a{level} [{}]", [below.as_str(); 10].join(", ")).unwrap();
        }
        assert!(read(&laughs).is_err());

        let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(1024 * 1024), ["*a"; 1000].join(", "));
        assert!(read(&long).is_err(), "a long text, repeated");

        let deep = "[".repeat(200) + &"]".repeat(200);
        assert!(read(&deep).is_err());

        let shared = format!("a: &a [1, 2, 3]\nb: [{}]\n", ["*a"; 1000].join(", "));
        assert_eq!(read(&shared).unwrap()["b"].as_array().unwrap().len(), 1000);
    }
}
