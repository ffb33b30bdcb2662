//! Drafts, versions and labels from outside.

use serde_json::{Value, json};

use crate::running::{Running, W, text};

#[tokio::test]
async fn a_draft_becomes_a_version_and_begins_again_from_it() {
    let server = Running::start().await;
    server.draft("greet", "Hello.").await;
    let draft = server.read("/cards/greet/draft").await;
    assert_eq!((&draft["based_on"], &draft["changed"]), (&Value::Null, &json!(true)));
    let etag = server.etag("/cards/greet/draft").await;
    let saved =
        server.call("POST /cards/greet/versions", &[("if-match", &etag)], &json!({ "message": "One" })).await;
    assert_eq!(saved.status, 201);
    assert_eq!(saved.header("location"), Some(format!("{W}/cards/greet/versions/1").as_str()));
    let version = saved.json();
    assert_eq!((&version["number"], &version["message"]), (&json!(1), &json!("One")));
    assert_eq!(server.read("/cards/greet/versions/1").await, version);

    let etag = server.etag("/cards/greet/draft").await;
    let again = server.call("POST /cards/greet/versions", &[("if-match", &etag)], &json!({})).await;
    assert_eq!((again.status, again.code()), (409, "nothing_changed".to_owned()));

    let edit = json!({ "content": text("Good day.") });
    let edited = server.call("PUT /cards/greet/draft", &[("if-match", &etag)], &edit).await;
    assert_eq!(edited.json()["changed"], true);
    assert_eq!(server.read("/cards/greet").await["draft_changed"], true);
    let headers = [("if-match", edited.header("etag").unwrap())];
    let discarded = server.call("DELETE /cards/greet/draft", &headers, &Value::Null).await.json();
    assert_eq!((&discarded["changed"], &discarded["based_on"]), (&json!(false), &json!(1)));
    assert_eq!(discarded["content"], version["content"]);
}

#[tokio::test]
async fn a_template_that_does_not_parse_is_kept_as_a_draft_and_refused_as_a_version() {
    let server = Running::start().await;
    server.draft("broken", "Hello {{ name.").await;
    let etag = server.etag("/cards/broken/draft").await;
    let refused = server.call("POST /cards/broken/versions", &[("if-match", &etag)], &json!({})).await;
    assert_eq!((refused.status, refused.code()), (422, "invalid".to_owned()));
    assert_eq!(refused.pointer(), "/messages/0/content/0/text");
    assert_eq!(server.read("/cards/broken/versions").await["items"], json!([]));
}

#[tokio::test]
async fn of_two_editors_one_is_told_that_the_other_was_first() {
    let server = Running::start().await;
    server.draft("shared", "Nobody.").await;
    let etag = server.etag("/cards/shared/draft").await;
    let put = async |who: &str| {
        let body = json!({ "content": text(who) });
        server.call("PUT /cards/shared/draft", &[("if-match", &etag)], &body).await
    };
    let (one, other) = tokio::join!(put("One."), put("Other."));
    let (winner, loser) = if one.status == 200 { (one, other) } else { (other, one) };
    assert_eq!((winner.status, loser.status), (200, 412));
    assert_eq!(loser.code(), "stale");
    assert_eq!(loser.header("etag"), winner.header("etag"), "what there is now");
    assert_eq!(server.read("/cards/shared/draft").await["content"], winner.json()["content"]);
}

#[tokio::test]
async fn a_label_moves_back_and_forth_and_every_move_is_kept() {
    let server = Running::start().await;
    server.draft("greet", "Hello.").await;
    let label = "/cards/greet/labels/production";
    let put =
        async |version: i64| server.call(&format!("PUT {label}"), &[], &json!({ "version": version })).await;
    assert_eq!(put(1).await.pointer(), "/version", "there is no version yet");
    server.save("greet").await;
    server.save_as("greet", "Good day.").await;
    for version in [1, 2, 2, 1] {
        assert_eq!(put(version).await.json()["version"], version);
    }
    assert_eq!(put(3).await.pointer(), "/version");
    assert_eq!(server.read("/cards/greet/labels").await["items"][0]["name"], "production");
    assert_eq!(server.read("/cards/greet/versions").await["items"][1]["labels"], json!(["production"]));

    let gone = server.call(&format!("DELETE {label}"), &[], &Value::Null).await;
    assert_eq!((gone.status, gone.body.len()), (204, 0));
    assert_eq!(server.call(&format!("DELETE {label}"), &[], &Value::Null).await.code(), "not_found");
    let history = server.read(&format!("{label}/history")).await;
    let moves: Vec<_> = history["items"]
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .map(|step| (step["from_version"].as_i64(), step["to_version"].as_i64()))
        .collect();
    let expected = [(None, Some(1)), (Some(1), Some(2)), (Some(2), Some(1)), (Some(1), None)];
    assert_eq!(moves, expected, "moving it to where it is, is no move");
    let wrong = server.call("PUT /cards/greet/labels/Not%20One", &[], &json!({ "version": 1 })).await;
    assert_eq!(wrong.pointer(), "/label");
}

#[tokio::test]
async fn an_application_fetches_a_label_again_only_when_it_has_changed() {
    let server = Running::start().await;
    server.draft("greet", "Hello.").await;
    server.save("greet").await;
    server.save_as("greet", "Good day.").await;
    let (label, put) = ("GET /cards/greet/labels/production", "PUT /cards/greet/labels/production");
    server.done(put, &json!({ "version": 1 })).await;
    let first = server.call(label, &[], &Value::Null).await;
    assert_eq!(first.json()["version"]["content"], server.read("/cards/greet/versions/1").await["content"]);
    let etag = first.header("etag").unwrap();

    let again = server.call(label, &[("if-none-match", etag)], &Value::Null).await;
    assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, Some(etag)));
    let list = format!("\"other\", W/{etag}");
    assert_eq!(server.call(label, &[("if-none-match", &list)], &Value::Null).await.status, 304);

    server.done("DELETE /cards/greet/labels/production", &Value::Null).await;
    server.done(put, &json!({ "version": 2 })).await;
    let moved = server.call(label, &[("if-none-match", etag)], &Value::Null).await;
    assert_eq!((moved.status, &moved.json()["version"]["number"]), (200, &json!(2)));
}
