//! Answers in JSON: any object, or a value of the schema that `format` gives.

use serde_json::{Map, Value, json};

use crate::dice::Dice;

/// Deeper parts of a schema are filled with `null`: a schema may contain itself.
const DEEPEST: usize = 24;

/// JSON text of the shape asked for. `said` is what the model would say in plain words.
pub(super) fn fill(format: &Value, said: &str, dice: &mut Dice) -> String {
    let value = if format.is_object() {
        Filler { root: format, said, dice }.value(format, "", 0)
    } else {
        json!({ "answer": said })
    };
    value.to_string()
}

struct Filler<'a> {
    root: &'a Value,
    said: &'a str,
    dice: &'a mut Dice,
}

impl Filler<'_> {
    fn value(&mut self, schema: &Value, name: &str, depth: usize) -> Value {
        if depth > DEEPEST {
            return Value::Null;
        }
        if let Some(value) = schema.get("const").or_else(|| schema.get("default")) {
            return value.clone();
        }
        if let Some(choices) = schema.get("enum").and_then(Value::as_array).filter(|list| !list.is_empty()) {
            let said = choices.iter().find(|choice| choice.as_str().is_some_and(|text| text == self.said));
            return said.unwrap_or_else(|| self.dice.pick(choices)).clone();
        }
        if let Some(pointer) =
            schema.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix('#'))
        {
            let root = self.root;
            return root.pointer(pointer).map_or(Value::Null, |part| self.value(part, name, depth + 1));
        }
        for key in ["anyOf", "oneOf", "allOf"] {
            if let Some(first) = schema.get(key).and_then(|list| list.get(0)) {
                return self.value(first, name, depth + 1);
            }
        }
        let kind = schema.get("type").map(|kind| kind.get(0).unwrap_or(kind)).and_then(Value::as_str);
        match kind {
            Some("array") => self.array(schema, name, depth),
            Some("integer" | "number") => Value::from(self.number(schema)),
            Some("boolean") => Value::Bool(self.dice.chance(0.5)),
            Some("null") => Value::Null,
            Some("string") => Value::String(self.string(schema, name)),
            _ => self.object(schema, depth),
        }
    }

    /// Every property, required or not.
    fn object(&mut self, schema: &Value, depth: usize) -> Value {
        let mut object = Map::new();
        for (name, part) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            object.insert(name.clone(), self.value(part, name, depth + 1));
        }
        Value::Object(object)
    }

    fn array(&mut self, schema: &Value, name: &str, depth: usize) -> Value {
        let least = schema.get("minItems").and_then(Value::as_u64).unwrap_or(1).clamp(1, 100);
        let item = schema.get("items").unwrap_or(&Value::Null);
        (0..least).map(|_| self.value(item, name, depth + 1)).collect()
    }

    /// The number that is the plain answer if there is one, else a small one; within the bounds.
    fn number(&mut self, schema: &Value) -> i64 {
        let bound = |key: &str| schema.get(key).and_then(Value::as_f64);
        let least =
            bound("minimum").map(f64::ceil).or_else(|| bound("exclusiveMinimum").map(|n| n.floor() + 1.0));
        let most =
            bound("maximum").map(f64::floor).or_else(|| bound("exclusiveMaximum").map(|n| n.ceil() - 1.0));
        let chance = i32::try_from(self.dice.below(100)).unwrap_or(0);
        let number = self.said.parse().unwrap_or_else(|_| f64::from(chance));
        let number = number.max(least.unwrap_or(f64::MIN)).min(most.unwrap_or(f64::MAX));
        #[expect(
            clippy::cast_possible_truncation,
            reason = "saturates, and a schema asks for what an i64 holds"
        )]
        let whole = number as i64;
        whole
    }

    fn string(&mut self, schema: &Value, name: &str) -> String {
        let text = match schema.get("format").and_then(Value::as_str) {
            Some("date") => "2025-06-01",
            Some("date-time") => "2025-06-01T12:00:00Z",
            Some("time") => "12:00:00Z",
            Some("email") => "someone@example.com",
            Some("uri") => "https://example.com/",
            Some("uuid") => "01890a5d-ac96-774b-bcce-b302099a8057",
            _ if name == "name" => "Ada Lovelace",
            _ => self.said,
        };
        let length =
            |key: &str| schema.get(key).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
        let mut text: String = text.chars().take(length("maxLength").unwrap_or(usize::MAX)).collect();
        let missing = length("minLength").unwrap_or(0).min(10_000).saturating_sub(text.chars().count());
        text.extend(std::iter::repeat_n('x', missing));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(schema: &Value, said: &str) -> Value {
        serde_json::from_str(&fill(schema, said, &mut Dice::new(1, []))).unwrap()
    }

    #[test]
    fn a_schema_gets_a_value_of_its_shape() {
        let schema = json!({
            "type": "object",
            "properties": {
                "answer": {"type": "integer", "minimum": 1, "maximum": 50},
                "mood": {"enum": ["good", "bad"]},
                "day": {"type": "string", "format": "date"},
                "tags": {"type": "array", "items": {"type": ["string", "null"], "maxLength": 3}, "minItems": 2},
                "next": {"$ref": "#"},
            },
            "required": ["answer"],
        });
        let value = filled(&schema, "42");
        assert_eq!(value["answer"], 42);
        assert!(["good", "bad"].contains(&value["mood"].as_str().unwrap()));
        assert_eq!(value["day"], "2025-06-01");
        assert_eq!(value["tags"], json!(["42", "42"]));
        assert_eq!(value["next"]["answer"], 42, "a schema that contains itself is followed, and ends");
    }

    #[test]
    fn any_json_is_an_object() {
        assert_eq!(filled(&json!("json"), "Paris"), json!({"answer": "Paris"}));
    }
}
