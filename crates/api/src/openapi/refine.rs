//! What the derived schemas leave unsaid, so that the types drawn from the document say what is really sent.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

const SCHEMAS: &str = "#/components/schemas/";

/// The finished document.
///
/// The items of a page refer to their type. An absent value is no default. And what may be null in an answer is
/// always there: only values that are left out of answers are optional, and those are never null. The type of a stream
/// is that of the data of its events.
pub(crate) fn refine(mut document: Value) -> Value {
    describe_events(&mut document);
    let taken = taken(&document);
    let Some(Value::Object(schemas)) = document.pointer_mut("/components/schemas") else { return document };
    let names: BTreeSet<String> = schemas.keys().cloned().collect();
    for (name, schema) in schemas {
        if let Some(item) = name.strip_prefix("Page_").filter(|item| names.contains(*item))
            && let Some(items) = schema.pointer_mut("/properties/items/items")
        {
            *items = json!({ "$ref": format!("{SCHEMAS}{item}") });
        }
        each_object(schema, &mut |object| {
            drop_defaults(object);
            if !taken.contains(name) {
                require_nullable(object);
            }
        });
    }
    document
}

fn describe_events(document: &mut Value) {
    let Some(Value::Object(paths)) = document.get_mut("paths") else { return };
    let operations = paths.values_mut().filter_map(Value::as_object_mut).flat_map(Map::values_mut);
    for operation in operations {
        let Some(Value::Object(responses)) = operation.get_mut("responses") else { continue };
        for response in responses.values_mut() {
            if let Some(schema) = response.pointer_mut("/content/text~1event-stream/schema") {
                let data = json!({ "type": "string", "contentMediaType": "application/json", "contentSchema": schema });
                *schema = json!({
                    "type": "object",
                    "description": "One event of the stream.",
                    "required": ["id", "event", "data"],
                    "properties": { "id": { "type": "string" }, "event": { "type": "string" }, "data": data },
                });
            }
        }
    }
}

/// The names of the schemas that stand in a request.
fn taken(document: &Value) -> BTreeSet<String> {
    let mut taken = BTreeSet::new();
    let mut open: Vec<&Value> = Vec::new();
    for (_, item) in document["paths"].as_object().into_iter().flatten() {
        open.extend(
            item.as_object().into_iter().flat_map(Map::values).map(|operation| &operation["requestBody"]),
        );
    }
    while let Some(value) = open.pop() {
        match value {
            Value::Object(object) => {
                open.extend(object.values());
                let name = object.get("$ref").and_then(|name| name.as_str()?.strip_prefix(SCHEMAS));
                if let Some(name) = name
                    && taken.insert(name.to_owned())
                {
                    open.push(&document["components"]["schemas"][name]);
                }
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    taken
}

fn each_object(schema: &mut Value, visit: &mut impl FnMut(&mut Map<String, Value>)) {
    match schema {
        Value::Object(object) => {
            if object.get("properties").is_some_and(Value::is_object) {
                visit(object);
            }
            object.values_mut().for_each(|value| each_object(value, visit));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| each_object(item, visit)),
        _ => {}
    }
}

fn drop_defaults(object: &mut Map<String, Value>) {
    let Some(Value::Object(properties)) = object.get_mut("properties") else { return };
    for property in properties.values_mut().filter_map(Value::as_object_mut) {
        let empty = match property.get("default") {
            Some(Value::Null) => true,
            Some(Value::String(text)) => text.is_empty(),
            Some(Value::Array(items)) => items.is_empty(),
            Some(Value::Object(fields)) => fields.is_empty(),
            _ => false,
        };
        if empty {
            property.shift_remove("default");
        }
    }
}

fn require_nullable(object: &mut Map<String, Value>) {
    let Some(Value::Object(properties)) = object.get("properties") else { return };
    let required = object.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let wanted: Vec<Value> = properties
        .iter()
        .filter(|(name, property)| required.iter().any(|known| known == *name) || may_be_null(property))
        .map(|(name, _)| Value::from(name.as_str()))
        .collect();
    if !wanted.is_empty() {
        object.insert("required".to_owned(), Value::Array(wanted));
    }
}

fn may_be_null(property: &Value) -> bool {
    let null = |kind: &Value| kind == "null";
    property["type"].as_array().is_some_and(|kinds| kinds.iter().any(null))
        || property["oneOf"]
            .as_array()
            .is_some_and(|choices| choices.iter().any(|choice| null(&choice["type"])))
}
