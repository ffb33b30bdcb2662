//! Streams in every spelling: what HTTP and server-sent events allow, and what servers make of them.

use std::net::ToSocketAddrs;
use std::sync::Mutex;
use std::sync::mpsc;
use std::time::Duration;

use domain::completion::{Completion, Usage};
use llm::CallErrorKind::{Connect, Cut, Garbage, ServerError, TimeoutConnect};
use llm::{CallError, Outbound, Provider};
use serde_json::{Value, json};

use super::raw::{DONE, END, EVENTS, RawServer, STREAM, response, token};
use super::{ask, ask_within, openai_at};

const LONG: Duration = Duration::from_secs(30);
/// An answer of the word yes, as an OpenAI-compatible server streams it.
const YES: &str =
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"yes\"},\"finish_reason\":null}]}\n\n";
const STOP: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
const OVER: &str = "data: [DONE]\n\n";

async fn outcome(stream: &str) -> Result<Completion, CallError> {
    let server = RawServer::streaming(stream, 10_000);
    ask(&server.openai(), "m", "x").await
}

async fn content(stream: &str) -> String {
    outcome(stream).await.unwrap_or_else(|error| unreachable!("{stream}: {error}")).content
}

fn event(chunk: &Value) -> String {
    format!("data: {chunk}\n\n")
}

#[tokio::test]
async fn events_are_understood_in_every_spelling() {
    let split = "data: {\"choices\":[{\"index\":0,\ndata: \"delta\":{\"content\":\ndata:\"yes\"}}]}\n\n";
    for stream in [
        [YES, STOP, OVER].concat().replace('\n', "\r\n"),
        format!("\u{feff}{YES}{STOP}{OVER}"),
        format!(": ping\n\n{YES}:\n: OPENROUTER PROCESSING\n\n{STOP}{OVER}"),
        format!("event: message\nid: 1\nretry: 5\n{YES}{STOP}{OVER}"),
        format!("{split}{STOP}{OVER}"),
        format!("{split}data: [DONE]"),
        format!("{STOP}{split}{OVER}"),
        [YES, "data: {\"choices\":[{\"index\":0,\ndata: \"finish_reason\":\"stop\"}]}"].concat(),
    ] {
        assert_eq!(content(&stream).await, "yes", "{stream}");
    }
    for broken in ["data: {\"choices\":\n\n", "data: {\"choices\":\ndata: 5}\n\n"] {
        let error = outcome(&[YES, broken].concat()).await.expect_err("no JSON");
        assert_eq!((error.kind, &*error.partial.expect("what came").content), (Garbage, "yes"), "{broken}");
    }
}

#[tokio::test]
async fn an_event_that_is_called_an_error_is_one_whatever_it_holds() {
    for (event, words) in [
        ("event: error\ndata: out of memory\n\n", "out of memory"),
        ("event:error\ndata: {\"type\":\"error\",\"error\":{\"message\":\"overloaded\"}}\n\n", "overloaded"),
        ("event: error\ndata: {\"code\":500}\n\n", "failed while it answered."),
    ] {
        let error = outcome(&[YES, event, OVER].concat()).await.expect_err("an error");
        assert_eq!(error.kind, ServerError { status: None }, "{event}");
        assert!(error.detail.contains(words), "{event}: {error}");
    }
    // The name is that of its event alone.
    assert_eq!(content(&["event: error\n\n", YES, STOP].concat()).await, "yes");
}

#[tokio::test]
async fn fields_of_another_kind_than_theirs_say_nothing() {
    let usage = |usage: Value| event(&json!({ "choices": [], "usage": usage }));
    for (sent, counted) in [
        (json!({ "prompt_tokens": -1, "completion_tokens": 2 }), [None, Some(2)]),
        (json!({ "prompt_tokens": 1e300, "completion_tokens": 2.4 }), [Some(1 << 40), Some(2)]),
        (json!({ "prompt_tokens": u64::MAX, "completion_tokens": "2" }), [Some(1 << 40), None]),
        (json!({ "prompt_tokens": null, "completion_tokens": [2] }), [None, None]),
        (json!("many"), [None, None]),
        (json!([]), [None, None]),
    ] {
        let completion = outcome(&[YES, STOP, &usage(sent.clone()), OVER].concat()).await.expect("an answer");
        let [prompt_tokens, completion_tokens] = counted;
        assert_eq!(completion.usage, Usage { prompt_tokens, completion_tokens }, "{sent}");
    }
    let choice = |choice: Value| event(&json!({ "choices": [choice] }));
    for odd in [
        event(&json!({ "choices": null, "error": "" })),
        event(&json!({ "choices": [], "error": {}, "timings": 5 })),
        choice(json!({ "index": null, "delta": null, "finish_reason": null })),
        choice(json!({ "index": 0.0, "delta": { "content": 5, "reasoning": false, "refusal": {} } })),
        choice(json!({ "index": "0", "delta": { "tool_calls": null, "function_call": null } })),
        choice(json!({ "delta": { "content": ["", { "type": "image_url", "image_url": {} }, 7] } })),
        choice(json!({ "delta": {}, "finish_reason": 5 })),
        event(&json!({ "choices": [{ "index": 1, "delta": { "content": "no" } }, { "index": 2 }] })),
    ] {
        let completion = outcome(&[YES, &odd, STOP, OVER].concat()).await.expect("an answer");
        assert_eq!((&*completion.content, &*completion.tool_calls), ("yes", &[][..]), "{odd}");
        assert_eq!(completion.finish_reason.as_deref(), Some("stop"), "{odd}");
    }
    let reason = choice(json!({ "delta": {}, "finish_reason": "because ".repeat(10_000) }));
    let kept = outcome(&[YES, &reason].concat()).await.expect("an answer").finish_reason.expect("a reason");
    assert_eq!(kept.len(), 100);
}

#[tokio::test]
async fn ollama_may_count_as_it_likes() {
    let end = "{\"done\":true,\"done_reason\":7,\"prompt_eval_count\":-3,\"eval_count\":2.0,\"load_duration\":1e300,\"error\":\"\"}\n";
    let server = RawServer::answering(response("200 OK", "application/x-ndjson", &(token("yes") + end)));
    let completion = ask(&server.provider(), "m", "x").await.expect("an answer");
    assert_eq!(completion.usage, Usage { prompt_tokens: None, completion_tokens: Some(2) });
    assert_eq!((completion.finish_reason, completion.timings.load_ms), (None, Some(1 << 40)));
    let error = "{\"error\":{\"message\":\"out of memory\"}}\n";
    let server = RawServer::answering(response("200 OK", "application/x-ndjson", error));
    let error = ask(&server.provider(), "m", "x").await.expect_err("an error");
    assert!(error.detail.contains("out of memory"), "{error}");
}

#[tokio::test]
async fn nothing_after_the_end_of_an_answer_takes_anything_from_it() {
    for rest in [
        "data: <html>\n\n".to_owned(),
        "data: \u{0}\n\n".to_owned(),
        "data: {\"error\":\"the logger has died\"}\n\n".to_owned(),
        "event: error\ndata: late\n\n".to_owned(),
        "x".repeat(2 << 20),
        ["data: {\"choices\":[]}\n\n"; 10].concat(),
    ] {
        assert_eq!(content(&[YES, STOP, &rest].concat()).await, "yes");
    }
    // What the model still says, and the tokens counted, belong to it.
    let usage = event(&json!({ "choices": [], "usage": { "prompt_tokens": 3, "completion_tokens": 2 } }));
    let completion = outcome(&[YES, STOP, YES, ": ping\n\n", &usage].concat()).await.expect("an answer");
    assert_eq!((&*completion.content, completion.usage.prompt_tokens), ("yesyes", Some(3)));
}

#[tokio::test]
async fn a_server_that_goes_on_pinging_after_the_end_is_not_listened_to_for_ever() {
    let (sender, closed) = mpsc::channel();
    let sender = Mutex::new(sender);
    let server = RawServer::start(move |_, connection| {
        connection.request();
        connection.send(EVENTS);
        connection.chunk([YES, STOP].concat());
        while !connection.is_closed_within(Duration::from_millis(20)) && connection.chunk(": ping\n\n") {}
        sender.lock().unwrap().send(()).unwrap();
    });
    // The limit for the next token is not one for what is no token.
    let idle = Duration::from_millis(200);
    let completion = ask_within(&server.openai(), "m", "x", LONG, idle).await.expect("an answer");
    assert_eq!(completion.content, "yes");
    tokio::task::spawn_blocking(move || closed.recv()).await.unwrap().expect("the connection is closed");
}

#[tokio::test]
async fn an_answer_may_come_over_http_1_0_and_end_with_its_connection() {
    let head = |kind: &str| format!("HTTP/1.0 200 OK\r\nContent-Type: {kind}\r\n\r\n");
    for end in [[STOP, OVER].concat(), STOP.to_owned(), OVER.to_owned()] {
        let server = RawServer::answering(head("text/event-stream") + YES + &end);
        assert_eq!(ask(&server.openai(), "m", "x").await.expect("an answer").content, "yes");
    }
    let server = RawServer::answering(head("application/x-ndjson") + &token("yes") + DONE);
    assert_eq!(ask(&server.provider(), "m", "x").await.expect("an answer").content, "yes");
    // Without its end it is cut, and nothing but that says so.
    for cut in
        ["", "\n", "data: {\"choi", "data: [DO", "data: {\"choices\":[{\"delta\":{\"content\":\"\u{e4}"]
    {
        let server = RawServer::answering(head("text/event-stream") + YES + cut);
        let error = ask(&server.openai(), "m", "x").await.expect_err("cut");
        assert_eq!((error.kind, &*error.partial.expect("what came").content), (Cut, "yes"), "{cut}");
    }
    let server = RawServer::answering(head("application/x-ndjson") + &token("yes") + "{\"done\":tr");
    assert_eq!(ask(&server.provider(), "m", "x").await.expect_err("cut").kind, Cut);
}

#[tokio::test]
async fn trailers_after_an_answer_are_passed_over_and_its_connection_kept() {
    let server = RawServer::start(|_, connection| {
        while connection.request().is_some() {
            connection.send(EVENTS);
            connection.chunk([YES, STOP, OVER].concat());
            connection.send("0\r\nX-Cost: 7\r\nServer-Timing: total\r\n\r\n");
        }
    });
    let provider = server.openai();
    for _ in 0..2 {
        assert_eq!(ask(&provider, "m", "x").await.expect("an answer").content, "yes");
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_compressed_answer_is_not_asked_for_and_refused_by_its_name() {
    let (sender, requests) = mpsc::channel();
    let sender = Mutex::new(sender);
    let server = RawServer::start(move |_, connection| {
        sender.lock().unwrap().send(connection.request().unwrap()).unwrap();
        connection.send(STREAM.replace("\r\n\r\n", "\r\nContent-Encoding: gzip\r\n\r\n"));
        connection.chunk(b"\x1f\x8b\x08\x00");
        connection.send(END);
    });
    for provider in [server.provider(), server.openai()] {
        let error = ask(&provider, "m", "x").await.expect_err("gzip");
        assert_eq!(error.kind, Garbage);
        assert!(error.detail.contains("an answer compressed by gzip"), "{error}");
        assert!(requests.recv().unwrap().contains("accept-encoding: identity\r\n"));
    }
}

#[tokio::test]
async fn a_head_without_end_is_not_read_to_its_end() {
    for line in ["X-Fill: ".to_owned() + &"x".repeat(8_000) + "\r\n", "x".repeat(8_000)] {
        let server = RawServer::start(move |_, connection| {
            connection.request();
            connection.send("HTTP/1.1 200 OK\r\n");
            while connection.send(&line) {}
        });
        assert_eq!(ask(&server.openai(), "m", "x").await.expect_err("too long").kind, Garbage);
    }
}

#[tokio::test]
async fn a_name_without_an_address_and_one_with_several() {
    let nowhere =
        Provider::new(&openai_at("http://no-such-host.invalid:1"), &Outbound::open()).expect("settings");
    let error = ask(&nowhere, "m", "x").await.expect_err("nobody there");
    assert_eq!(error.kind, Connect);
    let server = RawServer::streaming([YES, STOP, OVER].concat(), 10_000);
    let here = server.url.replace("127.0.0.1", "localhost");
    let addresses: Vec<_> =
        here.trim_start_matches("http://").to_socket_addrs().expect("localhost").collect();
    if addresses.first().is_none_or(std::net::SocketAddr::is_ipv4) {
        return not_run("a name with several addresses", "localhost has no IPv6 address before its other");
    }
    let provider = Provider::new(&openai_at(&here), &Outbound::open()).expect("settings");
    assert_eq!(ask(&provider, "m", "x").await.expect("the second address answers").content, "yes");
}

#[expect(clippy::print_stderr, reason = "the summary of `make test` counts it")]
fn not_run(test: &str, reason: &str) {
    eprintln!("not run: {test}: {reason}");
}

#[tokio::test]
async fn tls_and_its_absence_are_told_apart() {
    // A second install in one process is refused, and as good as the first.
    rustls::crypto::ring::default_provider().install_default().ok();
    let plain = RawServer::answering("HTTP/1.1 400 Bad Request\r\n\r\n");
    let https = |url: &str| openai_at(&url.replace("http://", "https://"));
    let error = ask(&Provider::new(&https(&plain.url), &Outbound::open()).unwrap(), "m", "x")
        .await
        .expect_err("no TLS");
    assert_eq!(error.kind, Connect);
    // An alert of TLS: "unexpected message".
    let encrypted = RawServer::answering(b"\x15\x03\x01\x00\x02\x02\x0a");
    let error = ask(&encrypted.openai(), "m", "x").await.expect_err("no HTTP");
    assert_eq!(error.kind, Garbage);
    let silent = RawServer::start(|_, connection| connection.wait_for_close());
    let mut settings = https(&silent.url);
    settings.limits.connect_ms = 200;
    let error =
        ask(&Provider::new(&settings, &Outbound::open()).unwrap(), "m", "x").await.expect_err("silence");
    assert_eq!(error.kind, TimeoutConnect);
}
