//! Answers in JSON: by a schema, by keys that a prompt names, or by nothing at all.

use serde_json::{Map, Value, json};

use super::draw::Draw;
use super::prompt::Prompt;
use super::{Skill, arithmetic, choice};

/// How deep a schema is followed.
const DEPTH: usize = 16;

/// An answer in `format`: a schema that it satisfies, or any JSON.
pub(super) fn by_format(format: &Value, prompt: &Prompt, draw: &mut Draw, skill: Skill) -> String {
    match format.as_object() {
        Some(schema) => {
            let mut filler = Filler { root: format, prompt, draw, skill };
            filler.fill(schema, "answer", DEPTH).to_string()
        }
        None => by_keys(prompt, draw, skill),
    }
}

/// An object with the keys that the prompt names.
pub(super) fn by_keys(prompt: &Prompt, draw: &mut Draw, skill: Skill) -> String {
    let mut filler = Filler { root: &Value::Null, prompt, draw, skill };
    let keys = keys(&prompt.text);
    let keys = if keys.is_empty() { vec!["answer"] } else { keys };
    Value::Object(keys.into_iter().map(|key| (key.to_owned(), filler.by_name(key))).collect()).to_string()
}

/// Names in quotation marks or backticks, and what is listed after "keys" or "fields".
fn keys(text: &str) -> Vec<&str> {
    let is_key = |word: &&str| {
        (1..=40).contains(&word.len())
            && word.starts_with(|letter: char| letter.is_ascii_alphabetic())
            && word.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
    };
    let listed = || {
        let (_, after) = ["keys", "fields", "properties"].iter().find_map(|word| text.split_once(word))?;
        let end = after.find(['.', '\n', ';']).unwrap_or(after.len());
        let words = after[..end].split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'));
        Some(words.filter(is_key).filter(|word| !["and", "or", "the"].contains(word)).collect::<Vec<_>>())
    };
    let mut found: Vec<&str> =
        ['`', '"'].iter().flat_map(|mark| text.split(*mark).skip(1).step_by(2)).collect();
    found.retain(is_key);
    if found.is_empty() {
        found = listed().unwrap_or_default();
    }
    let mut seen = std::collections::HashSet::new();
    found.retain(|key| seen.insert(*key));
    found.truncate(20);
    found
}

struct Filler<'a> {
    root: &'a Value,
    prompt: &'a Prompt,
    draw: &'a mut Draw,
    skill: Skill,
}

impl Filler<'_> {
    /// A value that satisfies the keywords of `schema` which models are usually given.
    fn fill(&mut self, schema: &Map<String, Value>, name: &str, depth: usize) -> Value {
        if depth == 0 {
            return Value::Null;
        }
        if let Some(value) = schema.get("const") {
            return value.clone();
        }
        if let Some(options) =
            schema.get("enum").and_then(Value::as_array).filter(|options| !options.is_empty())
        {
            return self.one_of(options);
        }
        if let Some(target) = schema.get("$ref").and_then(Value::as_str).and_then(|path| self.resolve(path)) {
            return self.fill(&target, name, depth - 1);
        }
        for keyword in ["anyOf", "oneOf", "allOf"] {
            let first = schema.get(keyword).and_then(Value::as_array).and_then(|list| list.first());
            if let Some(first) = first.and_then(Value::as_object).cloned() {
                return self.fill(&first, name, depth - 1);
            }
        }
        let kind = match schema.get("type") {
            Some(Value::String(kind)) => kind.as_str(),
            Some(Value::Array(kinds)) => kinds.first().and_then(Value::as_str).unwrap_or("string"),
            _ if schema.contains_key("properties") => "object",
            _ if schema.contains_key("items") => "array",
            _ => return self.by_name(name),
        };
        match kind {
            "object" => self.object(schema, depth),
            "array" => self.array(schema, name, depth),
            "integer" | "number" => self.number(schema, kind == "integer"),
            "boolean" => Value::Bool(self.draw.happens(50)),
            "null" => Value::Null,
            _ => self.text(schema, name),
        }
    }

    fn resolve(&self, path: &str) -> Option<Map<String, Value>> {
        self.root.pointer(path.strip_prefix('#')?)?.as_object().cloned()
    }

    fn one_of(&mut self, options: &[Value]) -> Value {
        let texts: Option<Vec<&str>> = options.iter().map(Value::as_str).collect();
        match texts {
            Some(texts) => json!(choice::pick(&texts, self.prompt, self.draw, self.skill)),
            None => self.draw.one_of(options).clone(),
        }
    }

    fn object(&mut self, schema: &Map<String, Value>, depth: usize) -> Value {
        let properties = schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
        let mut object = Map::new();
        for (name, property) in &properties {
            let value = match property.as_object() {
                Some(property) => self.fill(property, name, depth - 1),
                None => self.by_name(name),
            };
            object.insert(name.clone(), value);
        }
        let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
        for name in required.iter().filter_map(Value::as_str) {
            if !object.contains_key(name) {
                object.insert(name.to_owned(), self.by_name(name));
            }
        }
        Value::Object(object)
    }

    fn array(&mut self, schema: &Map<String, Value>, name: &str, depth: usize) -> Value {
        let bound = |keyword| schema.get(keyword).and_then(Value::as_u64);
        let least = bound("minItems").unwrap_or(2);
        let most = bound("maxItems").unwrap_or(u64::MAX);
        let count = least.min(most).min(100);
        let empty = Map::new();
        let items = schema.get("items").and_then(Value::as_object).unwrap_or(&empty);
        (1..=count)
            .map(|number| match self.fill(items, name, depth - 1) {
                // Items often have to differ.
                Value::String(text) if !items.contains_key("enum") => json!(format!("{text} {number}")),
                value => value,
            })
            .collect()
    }

    fn number(&mut self, schema: &Map<String, Value>, whole: bool) -> Value {
        let bound = |keyword| schema.get(keyword).and_then(Value::as_f64);
        let low = bound("minimum").or_else(|| bound("exclusiveMinimum").map(|low| low + 1.0));
        let high = bound("maximum").or_else(|| bound("exclusiveMaximum").map(|high| high - 1.0));
        let asked = arithmetic::value(self.prompt, self.draw, self.skill);
        let drawn = f64::from(u32::try_from(self.draw.between(1, 10)).unwrap_or(1));
        let value = asked.unwrap_or(drawn);
        let value = high.map_or(value, |high| value.min(high));
        let value = low.map_or(value, |low| value.max(low));
        if whole { whole_number(value) } else { json!(value) }
    }

    fn text(&mut self, schema: &Map<String, Value>, name: &str) -> Value {
        match schema.get("format").and_then(Value::as_str) {
            Some("date") => return json!("2026-01-15"),
            Some("date-time") => return json!("2026-01-15T09:30:00Z"),
            Some("email") => return json!("ada@example.org"),
            Some("uri") => return json!("https://example.org/"),
            _ => {}
        }
        let length = |keyword| {
            schema.get(keyword).and_then(Value::as_u64).and_then(|length| usize::try_from(length).ok())
        };
        let mut text = match self.by_name(name) {
            Value::String(text) => text,
            other => other.to_string(),
        };
        if let Some(most) = length("maxLength") {
            text = text.chars().take(most).collect();
        }
        while length("minLength").is_some_and(|least| text.chars().count() < least.min(10_000)) {
            text.push('.');
        }
        Value::String(text)
    }

    /// A value that one would expect under a key of this name.
    fn by_name(&mut self, name: &str) -> Value {
        let lower = name.to_lowercase();
        let is = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        if is(&["sentiment", "category", "label", "priority", "intent", "class"]) {
            let fallback: &[&str] = if is(&["priority"]) {
                &["low", "medium", "high"]
            } else {
                &["positive", "negative", "neutral"]
            };
            return choice::answer(self.prompt, self.draw, self.skill)
                .unwrap_or_else(|| choice::pick(fallback, self.prompt, self.draw, self.skill).to_owned())
                .into();
        }
        if is(&["confidence", "score", "probability"]) {
            return json!(0.9);
        }
        if is(&["answer", "result", "total", "sum", "count", "amount", "number"])
            && let Some(value) = arithmetic::value(self.prompt, self.draw, self.skill)
        {
            return if value.fract() == 0.0 { whole_number(value) } else { json!(value) };
        }
        if is(&["date"]) {
            return json!("2026-01-15");
        }
        if is(&["email"]) {
            return json!("ada@example.org");
        }
        if lower.ends_with('s') && is(&["tags", "items", "keywords", "topics", "steps"]) {
            return json!([self.prompt.subject()]);
        }
        json!(self.prompt.subject())
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a number too large for the type becomes its largest")]
fn whole_number(value: f64) -> Value {
    json!(value.round() as i64)
}
