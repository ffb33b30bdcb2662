//! JSON schemas as Ajv takes them with promptfoo's settings: draft 7 with formats, strict.

use std::collections::HashMap;

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::{Map, Value};

use super::pattern::{PATTERN_LIMIT, Pattern};

/// Largest schema, in bytes of JSON.
pub(super) const SCHEMA_LIMIT: usize = 64 * 1024;
/// What is said of a larger one.
pub(super) const TOO_LARGE: &str = "The schema is larger than 64 KiB, the most that is allowed.";

/// Most schemas that a schema comes to once its references are followed. Each may be held against each part of an
/// output, and 60 definitions that each ask twice for the next would come to 2^60.
const WEIGHT_LIMIT: u64 = 10_000;

/// Most times that a schema which leads back to itself may be held against one and the same part of an output.
const LOOPS_LIMIT: u64 = 1_000_000;

/// What each keyword holds.
enum Holds {
    /// Data.
    Data,
    Schema,
    /// A schema, or a list of them.
    SchemaOrList,
    /// Schemas by name.
    Map,
}

/// A compiled schema.
#[derive(Debug)]
pub(crate) struct Schema {
    validator: Validator,
    /// In how many ways it leads back to itself.
    loops: u64,
}

/// What a schema comes to once its references are followed.
#[derive(Debug, Clone, Copy, Default)]
struct Weight {
    schemas: u64,
    /// In how many ways one of its references leads back to where it came from.
    loops: u64,
}

impl Weight {
    const UNKNOWN: Self = Self { schemas: u64::MAX, loops: 0 };

    fn and(self, other: Self) -> Self {
        Self {
            schemas: self.schemas.saturating_add(other.schemas),
            loops: self.loops.saturating_add(other.loops),
        }
    }
}

impl Schema {
    /// Compiles a schema, or says in a sentence why that is not possible.
    pub(crate) fn new(schema: &Value) -> Result<Self, String> {
        if schema.to_string().len() > SCHEMA_LIMIT {
            return Err(TOO_LARGE.into());
        }
        let mut schema = schema.clone();
        prepare(&mut schema, "")?;
        let mut known = HashMap::from([("#".to_owned(), None)]);
        let Weight { schemas, loops } = weight(&schema, &schema, &mut known);
        if schemas > WEIGHT_LIMIT {
            return Err(format!(
                "The schema comes to more than {WEIGHT_LIMIT} schemas once its references are followed, or has one \
                 that is no pointer such as #/definitions/name."
            ));
        }
        let patterns = PatternOptions::regex().size_limit(1 << 20).dfa_size_limit(1 << 21);
        let mut options = jsonschema::options()
            .with_draft(Draft::Draft7)
            .with_pattern_options(patterns)
            .should_validate_formats(true);
        for (name, source) in FORMATS_OF_OURS {
            let pattern = Pattern::new(source).map_err(|error| error.sentence())?;
            options = options.with_format(name, move |text| pattern.is_match(text).unwrap_or(false));
        }
        for name in FORMATS_OF_ANYTHING {
            options = options.with_format(name, |_| true);
        }
        options.build(&schema).map(|validator| Self { validator, loops }).map_err(|error| {
            let place = error.instance_path().to_string();
            let place = if place.is_empty() { String::new() } else { format!(" at {place}") };
            format!("The schema does not compile{place}: {error}.")
        })
    }

    /// The first way in which a value breaks the schema, in words; None if it satisfies it. Or, as an error, why that
    /// cannot be found out.
    pub(crate) fn breach(&self, value: &Value) -> Result<Option<String>, String> {
        // Each way back is gone again at each depth of the value.
        let ways = self.loops.checked_pow(depth(value));
        if ways.is_none_or(|ways| ways > LOOPS_LIMIT) {
            return Err(format!(
                "The schema leads back to itself in {} ways, and the output is too deep to go all of them at each depth.",
                self.loops
            ));
        }
        let Some(error) = self.validator.validate(value).err() else { return Ok(None) };
        let place = error.instance_path().to_string();
        Ok(Some(if place.is_empty() { error.to_string() } else { format!("at {place}, {error}") }))
    }
}

/// Formats that `ajv-formats` knows and the validator of draft 7 does not.
const FORMATS_OF_OURS: [(&str, &str); 4] = [
    ("uuid", "^(?i:(?:urn:uuid:)?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})$"),
    ("duration", r"^P(?:\d+W|(?=\d|T\d)(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?)$"),
    ("byte", "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"),
    ("url", r"^(?i:https?|ftp)://[^\s/?#]+\.?[^\s]*$"),
];

/// Formats that allow every text.
const FORMATS_OF_ANYTHING: [&str; 4] = ["password", "binary", "float", "double"];

/// Formats that the validator knows itself, as far as `ajv-formats` does.
const FORMATS_OF_THE_VALIDATOR: [&str; 13] = [
    "date",
    "time",
    "date-time",
    "uri",
    "uri-reference",
    "uri-template",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "regex",
    "json-pointer",
    "relative-json-pointer",
];

/// What a keyword of draft 7 holds, by Ajv's vocabulary. None: Ajv does not know it.
fn keyword(name: &str) -> Option<Holds> {
    Some(match name {
        "$schema" | "$id" | "$ref" | "$comment" | "$vocabulary" | "title" | "description" | "default"
        | "deprecated" | "readOnly" | "writeOnly" | "examples" | "type" | "nullable" | "enum" | "const"
        | "multipleOf" | "maximum" | "exclusiveMaximum" | "minimum" | "exclusiveMinimum" | "maxLength"
        | "minLength" | "pattern" | "maxItems" | "minItems" | "uniqueItems" | "maxProperties"
        | "minProperties" | "required" | "format" | "contentMediaType" | "contentEncoding" => Holds::Data,
        "additionalItems"
        | "additionalProperties"
        | "contains"
        | "propertyNames"
        | "not"
        | "if"
        | "then"
        | "else"
        | "contentSchema" => Holds::Schema,
        "items" | "allOf" | "anyOf" | "oneOf" => Holds::SchemaOrList,
        "properties" | "patternProperties" | "definitions" | "$defs" | "dependencies" => Holds::Map,
        _ => return None,
    })
}

/// How many levels of lists and objects a value has; text and numbers have none.
fn depth(value: &Value) -> u32 {
    match value {
        Value::Array(list) => 1 + list.iter().map(depth).max().unwrap_or(0),
        Value::Object(object) => 1 + object.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// What a schema comes to once its references are followed. `known` has those that were followed; None: it is being
/// followed now, and leads back to itself.
fn weight(schema: &Value, root: &Value, known: &mut HashMap<String, Option<Weight>>) -> Weight {
    let itself = Weight { schemas: 1, loops: 0 };
    let Value::Object(keywords) = schema else { return itself };
    if let Some(Value::String(reference)) = keywords.get("$ref") {
        match known.get(reference) {
            Some(Some(known)) => return *known,
            Some(None) => return Weight { schemas: 1, loops: 1 },
            None => {}
        }
        known.insert(reference.clone(), None);
        let found = match reference.strip_prefix('#').filter(|_| !reference.contains('%')) {
            Some(pointer) if pointer.is_empty() || pointer.starts_with('/') => {
                root.pointer(pointer).map_or(itself, |target| itself.and(weight(target, root, known)))
            }
            _ => Weight::UNKNOWN,
        };
        known.insert(reference.clone(), Some(found));
        return found;
    }
    keywords.iter().fold(itself, |sum, (name, value)| {
        sum.and(match (keyword(name), value) {
            (Some(Holds::SchemaOrList), Value::Array(list)) => all(list.iter(), root, known),
            (Some(Holds::Schema | Holds::SchemaOrList), one) => weight(one, root, known),
            // What is defined is looked at where it is referred to.
            (Some(Holds::Map), Value::Object(map)) if !matches!(name.as_str(), "definitions" | "$defs") => {
                all(map.values(), root, known)
            }
            _ => Weight::default(),
        })
    })
}

fn all<'v>(
    schemas: impl Iterator<Item = &'v Value>,
    root: &Value,
    known: &mut HashMap<String, Option<Weight>>,
) -> Weight {
    schemas.fold(Weight::default(), |sum, one| sum.and(weight(one, root, known)))
}

/// Refuses what Ajv's strict mode refuses, and rewrites `nullable`, which draft 7 does not have.
fn prepare(schema: &mut Value, place: &str) -> Result<(), String> {
    let Value::Object(keywords) = schema else {
        return Ok(());
    };
    for (name, value) in keywords.iter_mut() {
        let place = format!("{place}/{name}");
        let holds = keyword(name).ok_or_else(|| {
            format!("The schema has an unknown keyword at {place}. Draft 7 has no `{name}`.")
        })?;
        match holds {
            Holds::Data => check_data(name, value, &place)?,
            Holds::Schema => prepare(value, &place)?,
            Holds::SchemaOrList => match value {
                Value::Array(list) => {
                    for (index, schema) in list.iter_mut().enumerate() {
                        prepare(schema, &format!("{place}/{index}"))?;
                    }
                }
                one => prepare(one, &place)?,
            },
            Holds::Map => {
                for (key, schema) in value.as_object_mut().into_iter().flatten() {
                    prepare(schema, &format!("{place}/{key}"))?;
                }
            }
        }
    }
    allow_null(keywords);
    Ok(())
}

fn check_data(name: &str, value: &Value, place: &str) -> Result<(), String> {
    match (name, value.as_str()) {
        ("format", Some(format)) => {
            let mut ours = FORMATS_OF_OURS.iter().map(|(name, _)| *name);
            let known = ours.any(|name| name == format)
                || FORMATS_OF_ANYTHING.contains(&format)
                || FORMATS_OF_THE_VALIDATOR.contains(&format);
            if !known {
                return Err(format!(
                    "The schema has a format that is not known here at {place}: `{format}`."
                ));
            }
        }
        ("$schema", Some(draft))
            if !draft.trim_end_matches('#').ends_with("json-schema.org/draft-07/schema") =>
        {
            return Err(format!("The schema is of `{draft}`. Only draft 7 is known here."));
        }
        // Pointers would start from it, and what they come to could not be counted.
        ("$id", Some(_)) if place != "/$id" => {
            return Err(format!("The schema has a schema with an address of its own at {place}."));
        }
        ("pattern", Some(pattern)) if pattern.len() > PATTERN_LIMIT => {
            return Err(format!("The pattern at {place} is longer than {PATTERN_LIMIT} bytes."));
        }
        _ => {}
    }
    Ok(())
}

/// `nullable: true` adds null to the types.
fn allow_null(keywords: &mut Map<String, Value>) {
    if keywords.shift_remove("nullable") != Some(Value::Bool(true)) {
        return;
    }
    match keywords.get_mut("type") {
        Some(Value::Array(types)) if types.iter().any(|one| one == "null") => {}
        Some(Value::Array(types)) => types.push("null".into()),
        Some(one) => *one = Value::Array(vec![one.take(), "null".into()]),
        None => {}
    }
}
