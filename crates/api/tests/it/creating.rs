//! Creating something once, however often the request for it comes.

use std::collections::HashSet;

use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use crate::running::{Running, run_of, text};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_requests_with_one_key_make_one_card() {
    let server = Running::start().await;
    let new = json!({ "slug": "only", "title": "Only" });
    let headers = [("idempotency-key", "the-key")];
    let answers: Vec<_> = stream::iter(0..1_000)
        .map(|_| server.call("POST /cards", &headers, &new))
        .buffer_unordered(200)
        .collect()
        .await;
    let ids: HashSet<String> = answers
        .iter()
        .map(|answer| {
            assert_eq!(answer.status, 201, "{}", answer.text());
            answer.json()["id"].to_string()
        })
        .collect();
    assert_eq!(ids.len(), 1);
    let replayed =
        answers.iter().filter(|answer| answer.header("idempotent-replayed") == Some("true")).count();
    assert_eq!(replayed, 999);
    assert_eq!(server.read("/cards/facets").await["total"], 1);
}

#[tokio::test]
async fn a_key_is_good_for_one_request_on_one_route() {
    let server = Running::start().await;
    let suite = server.card_with_cases("card", 1).await;
    let headers = [("idempotency-key", "k")];
    let post = async |what: &str, body: Value| server.call(what, &headers, &body).await;
    let case = format!("POST /suites/{suite}/cases");
    for (what, body, other) in [
        ("POST /cards", json!({ "slug": "a", "title": "A" }), json!({ "slug": "b", "title": "B" })),
        (
            "POST /cards/card/duplicate",
            json!({ "slug": "c", "title": "C" }),
            json!({ "slug": "d", "title": "D" }),
        ),
        (case.as_str(), json!({ "description": "one" }), json!({ "description": "two" })),
        (&format!("{case}/import"), json!({ "items": [{}] }), json!({ "items": [{}, {}] })),
        (
            "POST /runs",
            run_of("card"),
            json!({ "card_versions": [{ "slug": "card" }], "note": "other",
            "models": [{ "provider": "simulated", "model": "simulated-small" }] }),
        ),
    ] {
        let first = post(what, body.clone()).await;
        assert!(
            first.status < 300 && first.header("idempotent-replayed").is_none(),
            "{what}: {}",
            first.text()
        );
        let again = post(what, body).await;
        assert_eq!((again.status, again.json()), (first.status, first.json()), "{what}");
        assert_eq!(again.header("location"), first.header("location"), "{what}");
        assert_eq!(again.header("etag"), first.header("etag"), "{what}");
        assert_eq!(again.header("idempotent-replayed"), Some("true"), "{what}");
        let mismatch = post(what, other).await;
        assert_eq!((mismatch.status, mismatch.code()), (422, "idempotency_mismatch".to_owned()), "{what}");
    }
    assert_eq!(server.read(&format!("/suites/{suite}")).await["case_count"], 3);
}

#[tokio::test]
async fn a_version_that_was_saved_is_not_saved_again() {
    let server = Running::start().await;
    server.draft("card", "One.").await;
    let etag = server.etag("/cards/card/draft").await;
    let headers = [("if-match", etag.as_str()), ("idempotency-key", "k")];
    let first = server.call("POST /cards/card/versions", &headers, &json!({ "message": "m" })).await;
    let again = server.call("POST /cards/card/versions", &headers, &json!({ "message": "m" })).await;
    assert_eq!((again.status, again.json()), (201, first.json()));
    assert_eq!(server.read("/cards/card").await["latest_version"], 1);
    assert_eq!(server.read("/cards/card/draft").await["content"]["messages"], text("One.")["messages"]);
}
