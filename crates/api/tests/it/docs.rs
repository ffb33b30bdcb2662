//! The API's own description.

use api::router;
use serde_json::Value;

#[test]
fn the_committed_document_is_that_of_the_code() {
    let committed = concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi.json");
    let committed = std::fs::read_to_string(committed).unwrap_or_default();
    assert!(
        committed == router::openapi().unwrap(),
        "openapi.json is not that of the code: run `make generate`"
    );
}

#[test]
fn the_document_is_the_same_each_time() {
    assert_eq!(router::openapi().unwrap(), router::openapi().unwrap());
}

#[test]
fn every_reference_of_the_document_leads_somewhere() {
    fn follow(value: &Value, document: &Value) {
        match value {
            Value::Object(object) => {
                if let Some(Value::String(reference)) = object.get("$ref") {
                    let pointer = reference.strip_prefix('#').unwrap();
                    assert!(document.pointer(pointer).is_some(), "{reference}");
                }
                object.values().for_each(|value| follow(value, document));
            }
            Value::Array(items) => items.iter().for_each(|value| follow(value, document)),
            _ => {}
        }
    }
    let document: Value = serde_json::from_str(&router::openapi().unwrap()).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    follow(&document, &document);
}
