//! What goes wrong when it is told to.

use fake_ollama::{Change, FakeOllama, Fault, FaultOn};
use serde_json::{Value, json};

use crate::client::{Streamed, ask, chat, client, post, start, stream};

const PROMPT: &str = "echo: one two three four";

/// A streamed answer of four tokens under a fault.
async fn under(server: &FakeOllama, fault: Fault) -> Streamed {
    server.fail(fault);
    let streamed = stream(server, &chat("llama3.2", PROMPT, &json!({}))).await;
    server.wait_until(|now| now.in_flight == 0).await;
    streamed
}

#[tokio::test]
async fn statuses_come_in_ollamas_words() {
    let server = start();
    for (code, retry_after_s, says) in [
        (500, None, "llama runner process has terminated: exit status 2"),
        (503, Some(2), "server busy, please try again.  maximum pending requests exceeded"),
        (429, Some(30), "too many requests"),
    ] {
        server.fail_next(1, Fault::Status { code, retry_after_s });
        let response = post(&server, "/api/chat", &chat("llama3.2", PROMPT, &json!({}))).await.unwrap();
        assert_eq!(response.status(), code);
        let retry_after =
            response.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(retry_after, retry_after_s.map(|seconds| seconds.to_string()));
        assert_eq!(response.json::<Value>().await.unwrap(), json!({ "error": says }));
        assert_eq!(
            ask(&server, "llama3.2", PROMPT, &json!({})).await["done"],
            true,
            "only the next one failed"
        );
    }
    assert_eq!(server.counters().failed, 3);
}

#[tokio::test]
async fn a_stream_can_be_cut() {
    let server = start();
    let cut = under(&server, Fault::CutInStream { after_tokens: 2 }).await;
    assert!(cut.broken);
    assert_eq!(cut.content(), "one two");
    assert_eq!(server.counters().aborted, 0, "the server went away, not the client");
}

#[tokio::test]
async fn a_connection_can_close_without_an_answer() {
    let server = start();
    server.fail_next(1, Fault::CloseBefore);
    assert!(post(&server, "/api/chat", &chat("llama3.2", PROMPT, &json!({}))).await.is_err());
    let counters = server.counters();
    assert_eq!((counters.in_flight, counters.failed, counters.aborted), (0, 1, 0));
}

#[tokio::test]
async fn a_stream_can_hang_and_go_on() {
    let server = start();
    server.fail(Fault::HangInStream { after_tokens: 3 });
    let mut response = post(&server, "/api/chat", &chat("llama3.2", PROMPT, &json!({}))).await.unwrap();
    let mut seen = String::new();
    while seen.lines().count() < 3 {
        seen.push_str(std::str::from_utf8(&response.chunk().await.unwrap().unwrap()).unwrap());
    }
    assert_eq!(server.wait_until(|now| now.hanging == 1).await.in_flight, 1);
    server.recover();
    let rest = Streamed::read(response).await;
    assert_eq!(rest.content(), " four");
    assert_eq!(rest.values().pop().unwrap()["done"], true);
}

#[tokio::test]
async fn lines_can_be_wrong() {
    let server = start();
    let garbage = under(&server, Fault::GarbageLine { after_tokens: 2 }).await;
    let good: Vec<bool> = garbage.lines().iter().map(Result::is_ok).collect();
    assert_eq!(good, [true, true, false, true, true, true]);

    let error = under(&server, Fault::ErrorInStream { after_tokens: 1 }).await;
    assert_eq!(error.values().len(), 2);
    assert!(error.values()[1]["error"].as_str().unwrap().contains("unexpected EOF"));

    let unfinished = under(&server, Fault::MissingDone).await;
    assert!(!unfinished.broken, "it ends in good order");
    assert_eq!(unfinished.content(), "one two three four");
    assert!(unfinished.values().iter().all(|line| line["done"] == false));
}

#[tokio::test]
async fn the_media_type_and_the_format_can_be_wrong() {
    let server = start();
    server.fail(Fault::WrongContentType);
    let response = post(&server, "/api/chat", &chat("llama3.2", PROMPT, &json!({}))).await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");

    server.fail(Fault::LieAboutJson);
    let lie = ask(&server, "llama3.2", PROMPT, &json!({ "format": "json" })).await;
    assert_eq!(lie["message"]["content"], "one two three four");
}

#[tokio::test]
async fn whole_answers_fail_too() {
    let server = start();
    let body = chat("llama3.2", PROMPT, &json!({ "stream": false }));
    for (fault, broken, text) in [
        (Fault::CutInStream { after_tokens: 0 }, true, ""),
        (Fault::MissingDone, false, ""),
        (Fault::GarbageLine { after_tokens: 0 }, false, "<<< this line is not JSON >>>\n"),
    ] {
        server.fail(fault);
        let answer = stream(&server, &body).await;
        assert_eq!(answer.broken, broken, "{fault:?}");
        assert!(answer.text.starts_with(text) && answer.text.is_empty() == text.is_empty(), "{fault:?}");
    }
}

#[tokio::test]
async fn a_fault_can_meet_every_request() {
    let server = start();
    let tags = async || client().get(format!("{}/api/tags", server.url())).send().await.unwrap().status();
    server.fail(Fault::Status { code: 500, retry_after_s: None });
    assert_eq!(tags().await, 200, "faults meet calls only");
    server.change(&Change { fault_on: Some(FaultOn::Everything), ..Change::default() });
    assert_eq!(tags().await, 500);
    server.fail_next(0, Fault::CloseBefore);
    assert_eq!(tags().await, 200, "no request is left to meet it");
}
