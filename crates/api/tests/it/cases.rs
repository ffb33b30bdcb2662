//! Suites, cases and assertions from outside.

use serde_json::{Value, json};

use crate::running::{Running, W};

fn contains(text: &str) -> Value {
    json!({ "description": text, "variables": { "word": text }, "tags": [text],
        "assertions": [{ "type": "contains", "value": text }] })
}

#[tokio::test]
async fn a_case_is_made_edited_deleted_and_restored() {
    let server = Running::start().await;
    let suite = server.card_with_cases("card", 2).await;
    let cases = format!("/suites/{suite}/cases");
    let made = server.call(&format!("POST {cases}"), &[], &contains("zebra")).await;
    assert_eq!(made.status, 201);
    let case = made.json();
    let path = format!("{cases}/{}", case["id"].as_str().unwrap());
    assert_eq!(made.header("location"), Some(format!("{W}{path}").as_str()));
    assert_eq!(made.header("etag"), case["etag"].as_str(), "the etag inside is what If-Match takes");
    assert_eq!(server.read(&path).await, case);
    assert_eq!(server.read(&format!("{cases}?search=ZEB")).await["items"], json!([case]));
    assert_eq!(server.read(&format!("{cases}?tag=zebra")).await["items"], json!([case]));

    let put = format!("PUT {path}");
    let edited = server.call(&put, &[("if-match", case["etag"].as_str().unwrap())], &contains("lion")).await;
    assert_eq!(edited.status, 200, "{}", edited.text());
    assert_eq!(edited.json()["position"], case["position"]);
    let delete = format!("DELETE {path}");
    let deleted = server.call(&delete, &[("if-match", edited.header("etag").unwrap())], &Value::Null).await;
    assert_eq!((deleted.status, deleted.body.len()), (204, 0));
    assert_eq!(server.read(&format!("/suites/{suite}")).await["case_count"], 2);
    assert_eq!(server.call(&format!("GET {path}"), &[], &Value::Null).await.code(), "not_found");
    let restored = server.done(&format!("POST {path}/restore"), &Value::Null).await;
    assert_eq!((&restored["content"], &restored["position"]), (&edited.json()["content"], &case["position"]));
    assert_eq!(server.read(&format!("/suites/{suite}")).await["case_count"], 3);
}

#[tokio::test]
async fn a_suite_is_renamed() {
    let server = Running::start().await;
    let suite = format!("/suites/{}", server.card_with_cases("card", 0).await);
    let etag = server.etag(&suite).await;
    let renamed =
        server.call(&format!("PATCH {suite}"), &[("if-match", &etag)], &json!({ "name": "New" })).await;
    assert_eq!(renamed.json()["name"], "New");
    assert_eq!(server.read(&suite).await, renamed.json());
}

#[tokio::test]
async fn an_import_is_all_or_nothing() {
    let server = Running::start().await;
    let suite = server.card_with_cases("card", 0).await;
    let import = format!("POST /suites/{suite}/cases/import");
    let good = json!({ "items": [contains("one"), contains("two")] });
    let made = server.call(&import, &[], &good).await;
    assert_eq!((made.status, made.json()), (201, json!({ "created": 2 })));

    let bad =
        json!({ "items": [contains("three"), { "assertions": [{ "type": "contians", "value": "x" }] }] });
    let refused = server.call(&import, &[], &bad).await;
    assert_eq!(
        (refused.code().as_str(), refused.pointer().as_str()),
        ("invalid", "/items/1/assertions/0/type")
    );
    assert_eq!(server.read(&format!("/suites/{suite}")).await["case_count"], 2);

    let long = "y".repeat(60_000);
    let several_mib: Vec<Value> = (0..60).map(|_| json!({ "expected_output": long })).collect();
    let made = server.call(&import, &[], &json!({ "items": several_mib })).await;
    assert_eq!(made.json(), json!({ "created": 60 }), "an import may be larger than other bodies");

    let large =
        json!({ "items": [{ "description": "x", "variables": { "word": "y".repeat(10 * 1024 * 1024) } }] });
    assert_eq!(server.call(&import, &[], &large).await.code(), "body_too_large");
    let many: Vec<Value> = (0..10_001).map(|_| json!({})).collect();
    assert_eq!(server.call(&import, &[], &json!({ "items": many })).await.pointer(), "/items");
}

#[tokio::test]
async fn an_assertion_that_can_never_fail_is_flagged() {
    let server = Running::start().await;
    let suite = server.card_with_cases("card", 0).await;
    let content = json!({ "assertions": [{ "type": "contains", "value": "x" },
        { "type": "contains", "value": "y", "weight": 0 }] });
    let case = server.done(&format!("POST /suites/{suite}/cases"), &content).await;
    assert_eq!(case["flags"][0]["assertion_index"], 1);
}

#[tokio::test]
async fn assertions_are_described_and_tried() {
    let server = Running::start().await;
    let types = server.read("/api/v1/assertion-types").await;
    assert!(types["items"].as_array().unwrap().iter().any(|one| one["name"] == "contains"));
    let attempt = async |assertion: Value| {
        let body = json!({ "assertions": [assertion], "variables": { "who": "Ada" }, "output": "Hello Ada" });
        server.call("POST /assertions/try", &[], &body).await
    };
    assert_eq!(attempt(json!({ "type": "contains", "value": "{{ who }}" })).await.json()["verdict"], "pass");
    let failed = attempt(json!({ "type": "equals", "value": "Hello" })).await.json();
    assert_eq!((&failed["verdict"], &failed["outcomes"][0]["type"]), (&json!("fail"), &json!("equals")));
    assert_eq!(attempt(json!({ "type": "contians", "value": "x" })).await.pointer(), "/assertions/0/type");
}
