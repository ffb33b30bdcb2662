//! `If-Match` and `Idempotency-Key`.

use crate::server::Server;

const RUN: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

#[tokio::test]
async fn an_edit_names_the_revision_that_it_was_made_on() {
    let server = Server::start().await;
    let put = format!("PUT /runs/{RUN}");
    assert_eq!(server.send(&put, &[("if-match", "\"12\"")], b"").await.json()["revision"], 12);
    let answer = server.send(&put, &[], b"").await;
    assert_eq!((answer.status, answer.code().as_str()), (428, "precondition_required"));
    let answer = server.send(&put, &[("if-match", "\"other\"")], b"").await;
    assert_eq!((answer.status, answer.code().as_str()), (412, "stale"));
    for value in ["*", "12", "W/\"12\"", "\"1\", \"2\"", "\"\"", ""] {
        let answer = server.send(&put, &[("if-match", value)], b"").await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "bad_request"), "{value}");
    }
    let twice = [("if-match", "\"1\""), ("if-match", "\"2\"")];
    assert_eq!(server.send(&put, &twice, b"").await.status, 400);
}

#[tokio::test]
async fn a_repetition_is_known_by_key_route_and_body() {
    let server = Server::start().await;
    let post = async |run: &str, key: &str, body: &str| {
        let headers = [("content-type", "application/json"), ("idempotency-key", key)];
        server.send(&format!("POST /runs/{run}/create"), &headers, body.as_bytes()).await
    };
    let body = r#"{"title":"a"}"#;
    let first = post(RUN, "k-1", body).await.json();
    assert_eq!((&first["key"], &first["scope"]), (&"k-1".into(), &" POST /runs/{run}/create".into()));
    assert_eq!(first, post(RUN, "k-1", body).await.json());
    let other = RUN.replace("8057", "8058");
    assert_ne!(first["fingerprint"], post(&other, "k-1", body).await.json()["fingerprint"]);
    assert_ne!(first["fingerprint"], post(RUN, "k-1", r#"{"title":"b"}"#).await.json()["fingerprint"]);

    let without = server.post(&format!("/runs/{RUN}/create"), body).await.json();
    assert!(without["key"].is_null());
    for key in ["", "with space", "ümlaut", &"k".repeat(256)] {
        let answer = post(RUN, key, body).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "bad_request"), "{key}");
    }
    assert_eq!(post(RUN, &"k".repeat(255), body).await.status, 200);
}
