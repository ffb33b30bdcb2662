//! The document: sound in itself, so that the page's client can be typed from it.

use serde_json::Value;

fn document() -> Value {
    serde_json::from_str(&api::router::openapi().unwrap()).unwrap()
}

fn visit(value: &Value, seen: &mut impl FnMut(&serde_json::Map<String, Value>)) {
    match value {
        Value::Object(object) => {
            seen(object);
            object.values().for_each(|value| visit(value, seen));
        }
        Value::Array(items) => items.iter().for_each(|item| visit(item, seen)),
        _ => {}
    }
}

#[test]
fn no_object_is_typed_as_an_empty_one() {
    let document = document();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        visit(schema, &mut |object| {
            let known =
                ["properties", "additionalProperties", "allOf"].iter().any(|key| object.contains_key(*key));
            assert!(
                object.get("type") != Some(&"object".into()) || known,
                "{name} holds an object of nothing"
            );
        });
    }
}

#[test]
fn every_operation_says_what_a_success_is() {
    let document = document();
    let mut operations = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            operations += 1;
            assert!(!operation["summary"].as_str().unwrap().is_empty(), "{method} {path}");
            let responses = operation["responses"].as_object().unwrap();
            assert!(responses.keys().any(|status| status.starts_with('2')), "{method} {path}");
            assert!(responses.contains_key("default"), "{method} {path}");
            let has_revision =
                ["/cards/", "/suites/"].iter().any(|part| path.contains(part)) && !path.contains("/labels/");
            let edit = ["patch", "put", "delete"].contains(&method.as_str()) && has_revision
                || path.ends_with("/{provider}") && method == "patch";
            let conditions = operation["parameters"].as_array().into_iter().flatten();
            let named = conditions.filter(|parameter| parameter["name"] == "If-Match").count();
            assert_eq!(
                named == 1,
                edit || path.ends_with("/versions") && method == "post",
                "{method} {path}"
            );
        }
    }
    assert!(operations > 50, "the document was not read");
}

#[test]
fn what_may_be_null_in_an_answer_is_always_there() {
    let document = document();
    let card = &document["components"]["schemas"]["Card"];
    assert!(card["required"].as_array().unwrap().contains(&"latest_version".into()));
    let outcome = &document["components"]["schemas"]["Outcome"];
    assert!(!outcome["required"].as_array().unwrap().contains(&"metric".into()), "it is left out, not null");
    assert_eq!(outcome["properties"]["metric"]["type"], "string");
    let begun = &document["components"]["schemas"]["Begun"];
    assert!(
        !begun["required"].as_array().unwrap().contains(&"tokens".into()),
        "only a program is given them"
    );
    let edit = &document["components"]["schemas"]["EditCard"];
    assert!(edit.get("required").is_none(), "what is absent stays");
}

#[test]
fn a_stream_is_described_by_its_events_and_a_file_by_what_is_in_it() {
    let document = document();
    let run = "/api/v1/workspaces/{ws}/runs/{run}/events";
    let success = |path: &str| document["paths"][path]["get"]["responses"]["200"]["content"].clone();
    let event = success(run)["text/event-stream"]["schema"].clone();
    let data = &event["properties"]["data"];
    assert_eq!(data["contentSchema"]["$ref"], "#/components/schemas/RunEvent");
    assert_eq!((&data["type"], &data["contentMediaType"]), (&"string".into(), &"application/json".into()));
    let file = success("/api/v1/workspaces/{ws}/export");
    assert_eq!(file["application/yaml"]["schema"]["type"], "object");
}
