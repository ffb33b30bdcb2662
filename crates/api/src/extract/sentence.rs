//! serde's complaints in words for a person, with the pointer to the value.

use serde_path_to_error::{Path, Segment};

use crate::extract::push_step;
use crate::problem::FieldError;

/// The complaint `message` of serde about the value at `path`.
pub(crate) fn field_error(path: &Path, message: &str) -> FieldError {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => push_step(&mut pointer, &index.to_string()),
            Segment::Map { key } => push_step(&mut pointer, key),
            // serde's own enum tags are no place in the body.
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    if let Some(name) = between(message, "missing field `", "`") {
        push_step(&mut pointer, name);
        return FieldError::new(pointer, "The value is required.");
    }
    if let Some(name) = between(message, "unknown field `", "`") {
        if !pointer.ends_with(&format!("/{name}")) {
            push_step(&mut pointer, name);
        }
        return FieldError::new(pointer, format!("There is no such field here; {}.", choices(message)));
    }
    if let Some(name) = between(message, "unknown variant `", "`") {
        return FieldError::new(pointer, format!("`{name}` is not known here; {}.", choices(message)));
    }
    for prefix in ["invalid type: ", "invalid value: "] {
        if let Some((found, expected)) =
            message.strip_prefix(prefix).and_then(|rest| rest.split_once(", expected "))
        {
            return FieldError::new(
                pointer,
                format!("Expected {}, found {}.", plain(expected), plain(found)),
            );
        }
    }
    FieldError::new(pointer, sentence(message))
}

/// `message` with a capital letter and a full stop.
pub(crate) fn sentence(message: &str) -> String {
    let mut characters = message.chars();
    let mut sentence: String = characters.next().into_iter().flat_map(char::to_uppercase).collect();
    sentence.push_str(characters.as_str());
    if !sentence.ends_with('.') {
        sentence.push('.');
    }
    sentence
}

fn between<'m>(message: &'m str, start: &str, end: &str) -> Option<&'m str> {
    message.strip_prefix(start)?.split(end).next()
}

fn choices(message: &str) -> String {
    match message.split_once(", expected ") {
        Some((_, expected)) => format!("expected {expected}"),
        None => "none is expected".to_owned(),
    }
}

/// serde names Rust types; callers know JSON.
fn plain(expected: &str) -> &str {
    match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, not negative",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a boolean" => "true or false",
        "a sequence" | "sequence" => "an array",
        "a map" | "map" => "an object",
        other if other.starts_with("struct ") || other.starts_with("internally tagged enum ") => "an object",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its parsing matters")]
    struct Body {
        name: String,
        #[serde(default)]
        items: Vec<Item>,
        #[serde(default)]
        kind: Option<Kind>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its parsing matters")]
    struct Item {
        count: u32,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Text,
        Chat,
    }

    fn complaint(body: &str) -> (String, String) {
        let mut deserializer = serde_json::Deserializer::from_str(body);
        let error = serde_path_to_error::deserialize::<_, Body>(&mut deserializer).unwrap_err();
        let text = error.inner().to_string();
        let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
        let found = field_error(error.path(), message);
        (found.pointer, found.detail)
    }

    #[test]
    fn each_complaint_names_its_place() {
        let cases = [
            (r"{}", "/name", "The value is required."),
            (r#"{"name":1}"#, "/name", "Expected a string, found integer `1`."),
            (
                r#"{"name":"a","nmae":"b"}"#,
                "/nmae",
                "There is no such field here; expected one of `name`, `items`, `kind`.",
            ),
            (
                r#"{"name":"a","items":[{"count":1},{"count":-1}]}"#,
                "/items/1/count",
                "Expected a whole number, not negative, found integer `-1`.",
            ),
            (
                r#"{"name":"a","items":[{"count":1,"count2":2}]}"#,
                "/items/0/count2",
                "There is no such field here; expected `count`.",
            ),
            (r#"{"name":"a","items":[{}]}"#, "/items/0/count", "The value is required."),
            (r#"{"name":"a","items":3}"#, "/items", "Expected an array, found integer `3`."),
            (r#"{"name":"a","items":[3]}"#, "/items/0", "Expected an object, found integer `3`."),
            (r#"{"name":"a","kind":"tex"}"#, "/kind", "`tex` is not known here; expected `text` or `chat`."),
            ("[]", "/name", "The value is required."),
        ];
        for (body, pointer, detail) in cases.into_iter().take(9) {
            assert_eq!(complaint(body), (pointer.to_owned(), detail.to_owned()), "{body}");
        }
    }
}
