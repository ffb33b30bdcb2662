//! What goes wrong when it is told to.

use fake_ollama::{Change, FakeOllama, Fault, FaultOn};
use serde_json::{Value, json};

use crate::client::{Streamed, ask, chat, client, get, post, start, stream};

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

/// Where the two protocols answer.
const CHATS: [&str; 2] = ["/api/chat", "/v1/chat/completions"];

/// The same chat streamed over both.
fn streamed() -> Value {
    chat("llama3.2", PROMPT, &json!({ "stream": true }))
}

#[tokio::test]
async fn both_protocols_fail_in_their_own_words() {
    let server = start();
    let text = async |path: &str, fault| {
        server.fail(fault);
        Streamed::read(post(&server, path, &streamed()).await.unwrap()).await
    };
    for (path, begin, end) in [(CHATS[0], "{", "\n"), (CHATS[1], "data: {", "\n\n")] {
        let garbage = text(path, Fault::GarbageLine { after_tokens: 2 }).await.text;
        assert!(garbage.contains(&format!("<<< this line is not JSON >>>{end}{begin}")), "{garbage}");
        let error = text(path, Fault::ErrorInStream { after_tokens: 1 }).await.text;
        assert_eq!(error.matches(end).count(), 2, "a token and the error: {error}");
        assert!(error.contains(&format!("{end}{begin}\"error\":")), "{error}");
        let ended = text(path, Fault::EndInStream { after_tokens: 2 }).await;
        assert!(
            !ended.broken && ended.text.contains(" two") && !ended.text.contains("three"),
            "{}",
            ended.text
        );
        let cut = text(path, Fault::CutInStream { after_tokens: 2 }).await;
        assert!(cut.broken && cut.text.contains(" two") && !cut.text.contains("three"), "{}", cut.text);
        let unfinished = text(path, Fault::MissingDone).await;
        assert!(!unfinished.broken && unfinished.text.contains("four"), "{}", unfinished.text);
        assert!(!unfinished.text.contains("\"done\":true") && !unfinished.text.contains("[DONE]"));
    }
    for (path, body) in [
        (CHATS[0], json!("too many requests")),
        (
            CHATS[1],
            json!({ "message": "too many requests", "type": "rate_limit_error", "param": null, "code": null }),
        ),
    ] {
        server.fail(Fault::Status { code: 429, retry_after_s: Some(7) });
        let response = post(&server, path, &streamed()).await.unwrap();
        assert_eq!(
            (response.status().as_u16(), &response.headers()["retry-after"]),
            (429, &"7".parse().unwrap())
        );
        assert_eq!(response.json::<Value>().await.unwrap(), json!({ "error": body }));
    }
}

#[tokio::test]
async fn a_line_can_be_too_long_and_no_text() {
    let server = start();
    for path in CHATS {
        server.fail(Fault::LongLine { after_tokens: 2, megabytes: 2 });
        let long = Streamed::read(post(&server, path, &streamed()).await.unwrap()).await;
        let longest = long.text.lines().max_by_key(|line| line.len()).unwrap();
        assert!((2 << 20..(2 << 20) + 200).contains(&longest.len()), "{}", longest.len());
        let json = longest.strip_prefix("data: ").unwrap_or(longest);
        assert!(serde_json::from_str::<Value>(json).is_ok(), "it is a token for all that");
        assert!(long.text.contains(" three"), "and the answer goes on");

        server.fail(Fault::InvalidUtf8 { after_tokens: 2 });
        let bytes = post(&server, path, &streamed()).await.unwrap().bytes().await.unwrap();
        assert_eq!(std::str::from_utf8(&bytes).unwrap_err().error_len(), Some(1));
    }
}

#[tokio::test]
async fn an_answer_can_have_no_end() {
    let server = start();
    for path in CHATS {
        server.fail(Fault::Endless);
        let mut response = post(&server, path, &streamed()).await.unwrap();
        let mut length = 0;
        while length < 5_000_000 {
            length += response.chunk().await.unwrap().unwrap().len();
        }
        drop(response);
        server.wait_until(|now| now.in_flight == 0).await;
    }
    assert_eq!(server.counters().aborted, 2);
}

#[tokio::test]
async fn an_answer_can_come_byte_by_byte() {
    let server = start();
    for path in CHATS {
        server.fail(Fault::Drip { ms_per_byte: 1 });
        let mut response = post(&server, path, &streamed()).await.unwrap();
        for _ in 0..50 {
            assert!(response.chunk().await.unwrap().unwrap().len() < 5, "a few bytes at a time");
        }
        let rest = Streamed::read(response).await;
        assert!(!rest.broken && rest.text.contains("four"), "{}", rest.text);
    }
    assert_eq!(server.counters().in_flight, 0);
}

#[tokio::test]
async fn a_connection_can_be_reset() {
    let server = start();
    for (fault, kind) in [
        (Fault::Reset, std::io::ErrorKind::ConnectionReset),
        (Fault::CloseBefore, std::io::ErrorKind::UnexpectedEof),
    ] {
        server.fail(fault);
        let mut stream = tokio::net::TcpStream::connect(server.address()).await.unwrap();
        let body = streamed().to_string();
        let head = format!(
            "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        tokio::io::AsyncWriteExt::write_all(&mut stream, (head + &body).as_bytes()).await.unwrap();
        let error = tokio::io::AsyncReadExt::read_u8(&mut stream).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{fault:?}");
    }
}

#[tokio::test]
async fn a_server_can_refuse_connections_and_come_back() {
    let server = start();
    server.fail(Fault::Refuse { for_ms: 600_000 });
    assert!(post(&server, CHATS[0], &streamed()).await.is_err());
    assert!(client().get(server.url()).send().await.unwrap_err().is_connect(), "nobody listens");
    let counters = server.counters();
    assert_eq!((counters.in_flight, counters.failed, counters.aborted), (0, 1, 0));
    server.recover();
    // The port is back as soon as the server has heard of it.
    while client().get(server.url()).send().await.is_err() {
        tokio::task::yield_now().await;
    }
    assert_eq!(ask(&server, "llama3.2", PROMPT, &json!({})).await["done"], true);

    server.fail_next(1, Fault::Refuse { for_ms: 1 });
    assert!(post(&server, CHATS[1], &streamed()).await.is_err());
    while client().get(server.url()).send().await.is_err() {
        tokio::task::yield_now().await;
    }
    assert_eq!(get(&server, "/").await.status(), 200, "it came back by itself");
}

#[tokio::test]
async fn calls_that_meet_a_refusal_together_are_one_refusal() {
    let server = start();
    server.fail_next(10, Fault::Refuse { for_ms: 1_000 });
    let body = streamed().to_string();
    let mut clients = Vec::new();
    for path in CHATS.iter().cycle().take(10) {
        let mut stream = tokio::net::TcpStream::connect(server.address()).await.unwrap();
        let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n", body.len());
        let begun = head + &body;
        tokio::io::AsyncWriteExt::write_all(&mut stream, &begun.as_bytes()[..begun.len() - 1]).await.unwrap();
        clients.push((stream, begun));
    }
    let begun = tokio::time::Instant::now();
    for (stream, request) in &mut clients {
        // The last byte: all of them are there at once.
        stream.try_write(&request.as_bytes()[request.len() - 1..]).unwrap();
    }
    for (stream, _) in &mut clients {
        assert!(tokio::io::AsyncReadExt::read_u8(stream).await.is_err());
    }
    while client().get(server.url()).send().await.is_err() {
        tokio::task::yield_now().await;
    }
    // One after the other they would be ten seconds.
    assert!(begun.elapsed().as_secs() < 6, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn an_answer_can_come_over_http_1_0() {
    let server = start();
    server.fail(Fault::Http10);
    for path in CHATS {
        let response = post(&server, path, &streamed()).await.unwrap();
        assert_eq!(response.version(), reqwest::Version::HTTP_10, "{path}");
        assert!(response.headers().get("transfer-encoding").is_none());
        let text = Streamed::read(response).await;
        assert!(!text.broken && text.text.contains(" four"), "{}", text.text);
    }
}

#[tokio::test]
async fn a_fault_meets_the_requests_that_are_chosen() {
    let pattern = async |server: &FakeOllama, model: &str, calls: usize| {
        let mut failed = Vec::new();
        for call in 0..calls {
            let path = CHATS[call % 2];
            let response =
                post(server, path, &chat(model, PROMPT, &json!({ "stream": false }))).await.unwrap();
            failed.push(response.status() != 200);
        }
        failed
    };
    let fault = Some(Fault::Status { code: 502, retry_after_s: None });
    let server = start();
    server.change(&Change { fault, fail_every: Some(3), fail_next: Some(2), ..Change::default() });
    let third = [false, false, true];
    assert_eq!(pattern(&server, "llama3.2", 9).await, [third, third, [false; 3]].concat());

    server.change(&Change { fault, fail_model: Some("llama3.2".to_owned()), ..Change::default() });
    assert_eq!(pattern(&server, "llama3.2", 2).await, [true, true]);
    assert_eq!(pattern(&server, "qwen3:8b", 2).await, [false, false]);

    let share = Change { fault, fail_share: Some(0.25), ..Change::default() };
    server.change(&share);
    let failed = pattern(&server, "llama3.2", 200).await;
    assert!((30..70).contains(&failed.iter().filter(|failed| **failed).count()), "about a quarter");
    server.change(&share);
    assert_eq!(pattern(&server, "llama3.2", 200).await, failed, "the same ones again");
}
