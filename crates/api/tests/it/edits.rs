//! Every edit is refused unless it names what it was made on; what is not there, or lies elsewhere, is 404; and
//! what is wrong is named by its place.

use serde_json::{Value, json};

use crate::running::{NOBODY, Running, run_of, text};

/// Every address that is edited: how, and what with.
async fn edits(server: &Running) -> Vec<(String, String, Value)> {
    let suite = server.card_with_cases("card", 2).await;
    server.save_as("card", "Else.").await;
    let cases = server.read(&format!("/suites/{suite}/cases")).await;
    let case =
        |index: usize| format!("/suites/{suite}/cases/{}", cases["items"][index]["id"].as_str().unwrap());
    let draft = "/cards/card/draft";
    let change = json!({ "content": text("Changed.") });
    let edit = |what: &str, read: &str, body: Value| (what.to_owned(), read.to_owned(), body);
    vec![
        edit("PATCH /cards/card", "/cards/card", json!({ "title": "Changed" })),
        edit("PUT /cards/card/draft", draft, change),
        edit("POST /cards/card/versions", draft, json!({})),
        edit("DELETE /cards/card/draft", draft, Value::Null),
        edit(&format!("PATCH /suites/{suite}"), &format!("/suites/{suite}"), json!({ "name": "Changed" })),
        edit(&format!("PUT {}", case(0)), &case(0), json!({ "description": "changed" })),
        edit(&format!("DELETE {}", case(1)), &case(1), Value::Null),
    ]
}

#[tokio::test]
async fn an_edit_names_what_it_was_made_on() {
    let server = Running::start().await;
    for (what, read, body) in edits(&server).await {
        let before = server.read(&read).await;
        let etag = server.etag(&read).await;
        let with = async |tag: &str| server.call(&what, &[("if-match", tag)], &body).await;
        assert_eq!(server.call(&what, &[], &body).await.code(), "precondition_required", "{what}");
        for malformed in ["*", "1", "W/\"1\"", "\"1\", \"2\"", "\"\""] {
            assert_eq!(with(malformed).await.code(), "bad_request", "{what} {malformed}");
        }
        for stale in ["\"999\"", "\"0\"", "\"-1\"", "\"none-of-ours\""] {
            let refused = with(stale).await;
            assert_eq!((refused.status, refused.code()), (412, "stale".to_owned()), "{what} {stale}");
        }
        assert_eq!(with("\"999\"").await.header("etag"), Some(etag.as_str()), "{what}: what there is now");
        assert_eq!(server.read(&read).await, before, "{what}: nothing was changed");
        let done = with(&etag).await;
        assert!((200..300).contains(&done.status), "{what}: {}", done.text());
        let again = with(&etag).await;
        assert!(again.status == 412 || again.status == 404, "{what} twice: {}", again.status);
    }
}

#[tokio::test]
async fn what_is_not_there_is_404() {
    let server = Running::start().await;
    let suite = server.card_with_cases("card", 1).await;
    let other = server.card_with_cases("other", 1).await;
    let case =
        server.read(&format!("/suites/{suite}/cases")).await["items"][0]["id"].as_str().unwrap().to_owned();
    let version = json!({ "version": 1 });
    let mut addresses = vec![
        ("GET /api/v1/workspaces/else/cards".to_owned(), Value::Null),
        ("GET /cards/none".to_owned(), Value::Null),
        ("GET /cards/none/draft".to_owned(), Value::Null),
        ("GET /cards/none/versions".to_owned(), Value::Null),
        ("GET /cards/card/versions/2".to_owned(), Value::Null),
        ("GET /cards/card/versions/0".to_owned(), Value::Null),
        ("GET /cards/card/versions/first".to_owned(), Value::Null),
        ("GET /cards/none/labels".to_owned(), Value::Null),
        ("GET /cards/card/labels/none".to_owned(), Value::Null),
        ("PUT /cards/none/labels/production".to_owned(), version),
        ("POST /cards/none/archive".to_owned(), Value::Null),
        ("POST /cards/none/restore".to_owned(), Value::Null),
        ("POST /cards/none/duplicate".to_owned(), json!({ "slug": "x", "title": "X" })),
        ("POST /cards/none/render".to_owned(), json!({})),
        ("GET /suites/none".to_owned(), Value::Null),
        (format!("GET /suites/{other}/cases/{case}"), Value::Null),
        (format!("POST /suites/{other}/cases/{case}/restore"), Value::Null),
        (format!("POST /suites/{NOBODY}/cases"), json!({})),
        (format!("POST /suites/{NOBODY}/cases/import"), json!({ "items": [{}] })),
        (format!("GET /providers/{NOBODY}/models"), Value::Null),
        ("GET /runs?card=none".to_owned(), Value::Null),
    ];
    for path in
        ["", "/rows", "/cells", "/cells?row_from=0&row_to=1", "/cells/0", "/cases?from=0&to=1", "/events"]
    {
        addresses.push((format!("GET /runs/{NOBODY}{path}"), Value::Null));
    }
    for action in ["pause", "resume", "cancel", "retry-errors"] {
        addresses.push((format!("POST /runs/{NOBODY}/{action}"), Value::Null));
    }
    for (what, body) in addresses {
        let answer = server.call(&what, &[], &body).await;
        assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{what}");
    }
    let headers = [("if-match", "\"1\"")];
    for what in [format!("PUT /suites/{other}/cases/{case}"), format!("DELETE /suites/{other}/cases/{case}")]
    {
        assert_eq!(server.call(&what, &headers, &json!({})).await.code(), "not_found", "{what}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_named_by_its_place() {
    let server = Running::start().await;
    server.card_with_cases("card", 1).await;
    let etag = server.etag("/cards/card").await;
    let mut two_messages = text("One.");
    two_messages["messages"] = json!([two_messages["messages"][0], two_messages["messages"][0]]);
    let mut wrong_variable = text("One.");
    wrong_variable["variables"] = json!([{ "name": "", "type": "text" }]);
    let mut wrong_part = text("One.");
    wrong_part["messages"][0]["content"][0]["type"] = json!("image");
    let run = |change: &dyn Fn(&mut Value)| {
        let mut request = run_of("card");
        change(&mut request);
        request
    };
    let new = |content: &Value| json!({ "slug": "new", "title": "New", "content": content });
    for (what, body, pointer) in [
        ("POST /cards", json!({ "slug": "Not a slug", "title": "x" }), "/slug"),
        ("POST /cards", json!({ "slug": "new", "title": "" }), "/title"),
        ("POST /cards", json!({ "slug": "new", "title": "x", "folder": "a//b" }), "/folder"),
        ("POST /cards", json!({ "slug": "new", "title": "x", "tags": ["fine", " not"] }), "/tags/1"),
        ("POST /cards", json!({ "slug": "new", "title": "x", "colour": "red" }), "/colour"),
        ("POST /cards", json!({ "slug": "new" }), "/title"),
        ("POST /cards", new(&two_messages), "/content/messages"),
        ("POST /cards", new(&wrong_variable), "/content/variables/0/name"),
        ("POST /cards", new(&wrong_part), "/content/messages/0/content/0/type"),
        ("POST /cards", json!({ "slug": "new", "title": "a\u{0}b" }), "/title"),
        ("PATCH /cards/card", json!({ "suite_id": NOBODY }), "/suite_id"),
        ("PUT /cards/card/labels/production", json!({ "version": 0 }), "/version"),
        ("POST /runs", run(&|request| request["repeats"] = json!(0)), "/repeats"),
        ("POST /runs", run(&|request| request["models"] = json!([])), "/models"),
        (
            "POST /runs",
            run(&|request| request["models"][0]["provider"] = json!("none")),
            "/models/0/provider",
        ),
        ("POST /runs", run(&|request| request["models"][0]["model"] = json!("none")), "/models/0/model"),
        (
            "POST /runs",
            run(&|request| request["card_versions"][0]["slug"] = json!("no")),
            "/card_versions/0/slug",
        ),
        (
            "POST /runs",
            run(&|request| request["card_versions"][0]["version"] = json!(7)),
            "/card_versions/0/version",
        ),
        (
            "POST /runs",
            run(&|request| request["card_versions"][0]["label"] = json!("x")),
            "/card_versions/0/label",
        ),
        ("GET /cards?limit=0", Value::Null, "/limit"),
        ("GET /cards?limit=201", Value::Null, "/limit"),
        ("GET /cards?cursor=nonsense", Value::Null, "/cursor"),
        ("GET /cards?color=red", Value::Null, "/color"),
        ("GET /runs?state=sleeping", Value::Null, "/state"),
    ] {
        let answer = server.call(what, &[("if-match", &etag)], &body).await;
        assert_eq!(answer.status, 422, "{what} {body}: {}", answer.text());
        answer.code();
        assert_eq!(answer.pointer(), pointer, "{what} {body}");
    }
    assert_eq!(server.read("/cards/facets").await["total"], 1, "nothing of it was stored");
}
