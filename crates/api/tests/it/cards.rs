//! Cards from outside: made, found, edited, copied, archived, previewed, rendered.

use serde_json::{Value, json};

use crate::running::{Running, W, run_of, text};

#[tokio::test]
async fn a_card_is_made_read_edited_and_archived() {
    let server = Running::start().await;
    let new = json!({
        "slug": "word-problem", "title": "Word problem", "description": "Solves one.", "folder": "math/school",
        "tags": ["math", "exact"], "content": text("Solve {{ question }}."),
    });
    let made = server.call("POST /cards", &[], &new).await;
    assert_eq!(made.status, 201);
    assert_eq!(made.header("location"), Some(format!("{W}/cards/word-problem").as_str()));
    let card = made.json();
    assert_eq!(card["tags"], json!(["exact", "math"]));
    assert_eq!(card["latest_version"], Value::Null);
    assert_eq!(card["last_rate"], Value::Null);
    assert_eq!(card["draft_changed"], true);

    let found = server.call("GET /cards/word-problem", &[], &Value::Null).await;
    assert_eq!(found.json(), card);
    assert_eq!(found.header("etag"), made.header("etag"));

    let edit = json!({ "title": "Better", "slug": "better", "tags": ["math"], "folder": "math" });
    let headers = [("if-match", found.header("etag").unwrap())];
    let edited = server.call("PATCH /cards/word-problem", &headers, &edit).await;
    assert_eq!(edited.status, 200, "{}", edited.text());
    assert_ne!(edited.header("etag"), found.header("etag"));
    let edited = edited.json();
    assert_eq!((&edited["title"], &edited["tags"]), (&json!("Better"), &json!(["math"])));
    assert_eq!(edited["description"], "Solves one.", "what is absent stays");
    assert_eq!(server.call("GET /cards/word-problem", &[], &Value::Null).await.code(), "not_found");

    let archived = server.done("POST /cards/better/archive", &Value::Null).await;
    assert_eq!(archived["archived"], true);
    assert_eq!(server.read("/cards").await["items"], json!([]));
    assert_eq!(server.read("/cards?archived=true").await["items"][0]["slug"], "better");
    assert_eq!(server.read("/cards/facets").await["archived"], 1);
    let restored = server.done("POST /cards/better/restore", &Value::Null).await;
    assert_eq!(restored["archived"], false);
    assert_eq!(server.read("/cards").await["items"][0]["slug"], "better");
}

#[tokio::test]
async fn a_copy_has_the_draft_and_the_cases() {
    let server = Running::start().await;
    let suite = server.card_with_cases("original", 3).await;
    let copy =
        server.done("POST /cards/original/duplicate", &json!({ "slug": "copy", "title": "Copy" })).await;
    assert_ne!(copy["suite_id"], suite.as_str());
    assert_eq!(copy["case_count"], 3);
    assert_eq!(copy["latest_version"], Value::Null);
    let (one, other) = (server.read("/cards/original/draft").await, server.read("/cards/copy/draft").await);
    assert_eq!(one["content"], other["content"]);
    let again =
        server.call("POST /cards/original/duplicate", &[], &json!({ "slug": "copy", "title": "C" })).await;
    assert_eq!((again.status, again.code()), (409, "slug_taken".to_owned()));
}

#[tokio::test]
async fn cards_are_found_by_word_folder_tag_and_label() {
    let server = Running::start().await;
    for (slug, folder, tag) in [("one", "math", "a"), ("two", "math/school", "b"), ("three", "", "b")] {
        let new = json!({ "slug": slug, "title": slug, "folder": folder, "tags": [tag],
            "content": text(&format!("Zebra {slug}.")) });
        server.done("POST /cards", &new).await;
    }
    server.save("two").await;
    server.done("PUT /cards/two/labels/production", &json!({ "version": 1 })).await;
    for (query, expected) in [
        ("folder=math", vec!["one", "two"]),
        ("tag=b", vec!["three", "two"]),
        ("label=production", vec!["two"]),
        ("label=", vec!["one", "three"]),
        ("search=zeb", vec!["one", "three", "two"]),
        ("search=zebra+thr", vec!["three"]),
        ("search=", vec!["one", "three", "two"]),
        ("search=%22%2A%28", vec!["one", "three", "two"]),
        ("search=nothing", vec![]),
        ("search=zebra&tag=b&folder=math", vec!["two"]),
    ] {
        let found = server.read(&format!("/cards?{query}")).await;
        let items = found["items"].as_array().unwrap();
        let mut slugs: Vec<_> = items.iter().map(|card| card["slug"].as_str().unwrap()).collect();
        slugs.sort_unstable();
        assert_eq!(slugs, expected, "{query}");
    }
    let facets = server.read("/cards/facets").await;
    assert_eq!(facets["total"], 3);
    assert_eq!(facets["tags"][0], json!({ "name": "b", "count": 2 }));
    assert_eq!(facets["labels"], json!([{ "name": "production", "count": 1 }]));
}

#[tokio::test]
async fn a_preview_says_what_is_used_and_what_is_wrong() {
    let server = Running::start().await;
    let preview = async |template: &str, variables: Value| {
        let body = json!({ "content": text(template), "variables": variables });
        server.done("POST /templates/preview", &body).await
    };
    let good = preview("Hello {{ name }}.", json!({ "name": "Ada" })).await;
    assert_eq!(good["found_variables"][0]["name"], "name");
    assert_eq!(good["messages"][0]["content"][0]["text"], "Hello Ada.");
    assert_eq!(good["problems"], json!([]));

    let missing = preview("Hello {{ name }}.", json!({})).await;
    assert_eq!(missing["messages"], Value::Null);
    assert_eq!(missing["problems"][0]["pointer"], "/messages/0/content/0/text");

    let broken = preview("One\nHello {% if %}.", json!({})).await;
    assert_eq!(broken["problems"][0]["line"], 2);
    assert!(broken["problems"][0]["message"].as_str().unwrap().ends_with('.'));
}

#[tokio::test]
async fn a_card_is_rendered_by_version_and_by_label() {
    let server = Running::start().await;
    server.draft("greet", "Hello {{ name }}.").await;
    let render = async |body: Value| server.call("POST /cards/greet/render", &[], &body).await;
    let variables = json!({ "name": "Ada" });
    assert_eq!(render(json!({ "variables": variables })).await.status, 404, "there is no version yet");
    server.save("greet").await;
    server.save_as("greet", "Goodbye {{ name }}.").await;
    server.done("PUT /cards/greet/labels/production", &json!({ "version": 1 })).await;

    let said = async |body: Value| {
        let rendered = render(body).await.json();
        (rendered["messages"][0]["content"][0]["text"].clone(), rendered["version"].clone())
    };
    let hello = (json!("Hello Ada."), json!(1));
    assert_eq!(said(json!({ "variables": variables })).await, (json!("Goodbye Ada."), json!(2)));
    assert_eq!(said(json!({ "variables": variables, "version": 1 })).await, hello);
    assert_eq!(said(json!({ "variables": variables, "label": "production" })).await, hello);
    assert_eq!(render(json!({ "variables": {} })).await.code(), "invalid");
    let both = render(json!({ "variables": variables, "version": 1, "label": "production" })).await;
    assert_eq!(both.pointer(), "/label");
    let nowhere = render(json!({ "variables": variables, "label": "nowhere" })).await;
    assert_eq!((nowhere.status, nowhere.code().as_str()), (404, "not_found"));
}

#[tokio::test]
async fn what_cannot_be_rendered_is_named_where_it_stands() {
    let server = Running::start().await;
    let mut content =
        text("{% for i in range(count) %}{% for j in range(count) %}{{ word }}{% endfor %}{% endfor %}");
    content["variables"] = json!([
        { "name": "count", "type": "number", "required": true },
        { "name": "word", "type": "text", "required": true },
    ]);
    server.done("POST /cards", &json!({ "slug": "many", "title": "Many", "content": content })).await;
    server.save("many").await;
    server.done("PUT /cards/many/labels/production", &json!({ "version": 1 })).await;
    let render = async |variables: Value| {
        let body = json!({ "label": "production", "variables": variables });
        server.call("POST /cards/many/render", &[], &body).await
    };
    let rendered = render(json!({ "count": 2, "word": "go " })).await.json();
    assert_eq!(rendered["messages"][0]["content"][0]["text"], "go go go go ");
    let wrong = render(json!({ "count": "two" })).await;
    assert_eq!((wrong.status, wrong.code().as_str()), (422, "invalid"));
    let pointers: Vec<_> =
        wrong.json()["errors"].as_array().unwrap().iter().map(|e| e["pointer"].clone()).collect();
    assert_eq!(pointers, ["/variables/count", "/variables/word"]);
    let endless = render(json!({ "count": 10_000, "word": "go " })).await;
    assert_eq!((endless.status, endless.pointer().as_str()), (422, "/messages/0/content/0/text"));
    assert!(endless.text().contains("work"), "{}", endless.text());
}

#[tokio::test]
async fn samples_are_added_once_and_can_be_run() {
    let server = Running::start().await;
    let first = server.done("POST /samples", &Value::Null).await;
    assert_eq!(first["created"].as_array().unwrap().len(), 12);
    let second = server.done("POST /samples", &Value::Null).await;
    assert_eq!(second["created"], json!([]));
    assert_eq!(second["skipped"], first["created"]);
    let estimate = server.done("POST /runs/estimate", &run_of("classify-ticket")).await;
    assert_eq!(estimate["problems"], json!([]));
}
