//! Model servers that are off, slow, wrong, lying, or gone in the midst of an answer.

use std::time::Duration;

use fake_ollama::{FakeOllama, Fault, Options};
use llm::CallErrorKind::{
    Cancelled, Connect, Cut, Garbage, ModelMissing, RateLimited, RefusedRequest, ServerError, TimeoutConnect,
    TimeoutFirstToken, TimeoutIdle, TooLarge,
};
use llm::{CallErrorKind, Outbound, Provider};
use tokio::net::TcpSocket;
use tokio::sync::mpsc::unbounded_channel;

use super::raw::{DONE, END, RawServer, STREAM, response, token};
use super::{ask, ask_within, ollama_at};

const SHORT: Duration = Duration::from_millis(100);
const LONG: Duration = Duration::from_secs(30);

/// The error of a call on a server that answers with `bytes` and closes.
async fn error_of(bytes: impl AsRef<[u8]> + Send + Sync + 'static) -> llm::CallError {
    let server = RawServer::answering(bytes);
    ask(&server.provider(), "m", "x").await.expect_err("a broken answer")
}

#[tokio::test]
async fn no_server() {
    let server = FakeOllama::start(Options::default()).expect("a server");
    let provider = Provider::new(&ollama_at(&server.url()), &Outbound::open()).expect("settings");
    server.stop().await;
    let error = ask(&provider, "llama3.2", "x").await.expect_err("nobody there");
    assert_eq!(error.kind, Connect);
    assert!(error.detail.contains("No model server can be reached at http://127.0.0.1:"), "{error}");
    assert!(error.retryable());
}

#[tokio::test]
async fn a_server_that_accepts_nobody() {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.1:0".parse().unwrap()).expect("a port");
    let listener = socket.listen(1).expect("listening");
    let address = listener.local_addr().expect("an address");
    // Connections that nobody accepts fill the queue; then the system drops what comes.
    let mut waiting = Vec::new();
    while let Ok(Ok(stream)) =
        tokio::time::timeout(SHORT, TcpSocket::new_v4().unwrap().connect(address)).await
    {
        waiting.push(stream);
    }
    let mut settings = ollama_at(&format!("http://{address}"));
    settings.limits.connect_ms = 100;
    let error = ask(&Provider::new(&settings, &Outbound::open()).unwrap(), "m", "x")
        .await
        .expect_err("no connection");
    assert_eq!(error.kind, TimeoutConnect);
}

#[tokio::test]
async fn a_server_that_says_nothing() {
    let (sender, mut closed) = unbounded_channel();
    let server = RawServer::start(move |_, connection| {
        connection.request();
        connection.wait_for_close();
        sender.send(()).expect("the test waits");
    });
    let error = ask_within(&server.provider(), "m", "x", SHORT, LONG).await.expect_err("silence");
    assert_eq!(error.kind, TimeoutFirstToken);
    assert_eq!(error.partial, None);
    // The server has seen that nobody waits any more.
    closed.recv().await.expect("the connection is closed");
}

#[tokio::test]
async fn a_server_that_stalls_in_the_midst_keeps_what_came() {
    let server = RawServer::start(|_, connection| {
        connection.request();
        connection.send(STREAM);
        connection.chunk(token("half"));
        connection.wait_for_close();
    });
    let error = ask_within(&server.provider(), "m", "x", LONG, SHORT).await.expect_err("a stall");
    assert_eq!(error.kind, TimeoutIdle);
    let partial = error.partial.expect("what came");
    assert_eq!(partial.content, "half");
    assert!(partial.timings.first_token_ms.is_some() && partial.timings.total_ms >= 100);
}

#[tokio::test]
async fn bytes_without_a_token_do_not_count_as_progress() {
    let server = RawServer::start(|_, connection| {
        connection.request();
        connection.send(STREAM);
        connection.chunk(token("half"));
        // As fast as it goes; the client hangs up.
        while connection.chunk(token("")) {}
    });
    let error = ask_within(&server.provider(), "m", "x", LONG, SHORT).await.expect_err("no more tokens");
    assert!(matches!(error.kind, TimeoutIdle | TooLarge), "{error:?}");
}

#[tokio::test]
async fn a_connection_that_breaks_in_the_midst() {
    let cut = [STREAM, "ff\r\n", &token("half")].concat();
    let error = error_of(cut).await;
    assert_eq!(error.kind, Cut);
    let whole_chunk = token("half");
    let error = error_of(format!("{STREAM}{:x}\r\n{whole_chunk}\r\n", whole_chunk.len())).await;
    assert_eq!((error.kind, error.partial.expect("what came").content.as_str()), (Cut, "half"));
}

#[tokio::test]
async fn an_answer_that_ends_without_done_is_no_answer() {
    let body = token("half");
    let error = error_of(format!("{STREAM}{:x}\r\n{body}\r\n{END}", body.len())).await;
    assert_eq!((error.kind, error.partial.expect("what came").content.as_str()), (Cut, "half"));
    assert_eq!(error_of([STREAM, END].concat()).await.kind, Cut);
}

#[tokio::test]
async fn garbage() {
    for (bytes, words) in [
        (b"SSH-2.0-OpenSSH_9.6\r\n".to_vec(), "no HTTP"),
        (response("200 OK", "text/html", "<html>Hello</html>").into(), "content type text/html"),
        (response("200 OK", "application/x-ndjson", "<html>Hello</html>\n").into(), "not its JSON"),
        (response("200 OK", "application/json", "[1,2]").into(), "not its JSON"),
        (response("200 OK", "application/json", "{\"status\":\"ok\"}").into(), "without a message"),
        (response("204 No Content", "application/json", "").into(), "status 204"),
        (
            [STREAM.as_bytes(), b"1d\r\n{\"message\":{\"content\":\"\xff\"}}\r\n0\r\n\r\n"].concat(),
            "invalid UTF-8",
        ),
        ([STREAM.as_bytes(), b"zz\r\n"].concat(), "no HTTP"),
    ] {
        let error = error_of(bytes).await;
        assert_eq!(error.kind, Garbage, "{words}: {error:?}");
        assert!(error.detail.contains(words), "{words}: {error}");
    }
}

#[tokio::test]
async fn a_line_without_end_is_not_read_to_its_end() {
    let (sender, mut closed) = unbounded_channel();
    let server = RawServer::start(move |_, connection| {
        connection.request();
        connection.send(STREAM);
        while connection.chunk([b'x'; 16_384]) {}
        sender.send(()).expect("the test waits");
    });
    let error = ask(&server.provider(), "m", "x").await.expect_err("too long");
    assert_eq!(error.kind, TooLarge);
    assert!(!error.retryable());
    closed.recv().await.expect("the connection is closed");
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_its_end() {
    let server = RawServer::start(|_, connection| {
        connection.request();
        connection.send(STREAM);
        let lines = token("again ").repeat(5_000);
        while connection.chunk(&lines) {}
    });
    let error = ask(&server.provider(), "m", "x").await.expect_err("too long");
    assert_eq!(error.kind, TooLarge);
    let partial = error.partial.expect("what came");
    assert!(partial.content.len() <= llm::answer::OUTPUT_LIMIT);
}

#[tokio::test]
async fn statuses() {
    let json = |status: &str, body: &str| response(status, "application/json", body);
    let cases: [(String, CallErrorKind, &str); 8] = [
        (json("404 Not Found", "{\"error\":\"model 'm' not found\"}"), ModelMissing, "has no model `m`"),
        (
            response("404 Not Found", "text/plain", "404 page not found"),
            RefusedRequest { status: 404 },
            "(404).",
        ),
        (
            json("400 Bad Request", "{\"error\":\"\\\"m\\\" does not support thinking\"}"),
            RefusedRequest { status: 400 },
            "(400): \"m\" does not support thinking.",
        ),
        (
            json("401 Unauthorized", "{\"error\":{\"message\":\"no key\"}}"),
            RefusedRequest { status: 401 },
            "no key",
        ),
        (
            json("500 Internal Server Error", "{\"error\":\"out of \\u001b[31mmemory\"}"),
            ServerError { status: Some(500) },
            "out of [31mmemory.",
        ),
        (
            response("502 Bad Gateway", "text/html", "<script>alert(1)</script>"),
            ServerError { status: Some(502) },
            "(502).",
        ),
        (
            json("503 Service Unavailable", "{\"error\":\"server busy, please try again\"}"),
            ServerError { status: Some(503) },
            "server busy",
        ),
        (json("429 Too Many Requests\r\nRetry-After: soon", "{}"), RateLimited, "pause"),
    ];
    for (bytes, kind, words) in cases {
        let error = error_of(bytes).await;
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.detail.contains(words), "{words}: {error}");
        assert!(!error.detail.contains("<script>"), "{error}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = RawServer::answering("HTTP/1.1 200 OK\r\n\r\n");
    let location = format!("307 Temporary Redirect\r\nLocation: {}/api/chat", elsewhere.url);
    let error = error_of(response(&location, "text/plain", "")).await;
    assert_eq!(error.kind, RefusedRequest { status: 307 });
    assert!(error.detail.contains("elsewhere (307)") && !error.detail.contains("127.0.0.1"), "{error}");
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn the_pause_that_a_server_asks_for_comes_with_its_error() {
    let seven = Some(Duration::from_secs(7));
    let later = "Date: Fri, 27 Nov 2026 12:00:00 GMT\r\nRetry-After: Fri, 27 Nov 2026 12:00:07 GMT";
    for (status, header, kind, pause) in [
        ("429 Too Many Requests", "Retry-After: 7", RateLimited, seven),
        ("429 Too Many Requests", later, RateLimited, seven),
        ("429 Too Many Requests", "Retry-After: soon", RateLimited, None),
        ("503 Service Unavailable", "Retry-After: 7", ServerError { status: Some(503) }, seven),
        ("400 Bad Request", "Retry-After: -7", RefusedRequest { status: 400 }, None),
    ] {
        let error = error_of(response(&format!("{status}\r\n{header}"), "application/json", "{}")).await;
        assert_eq!((error.kind, error.retry_after), (kind, pause), "{status} {header}");
    }
}

#[tokio::test]
async fn an_error_in_the_midst_of_an_answer() {
    let lines = [&token("half"), "{\"error\":\"llama runner process has terminated\"}\n"].concat();
    let error = error_of(format!("{STREAM}{:x}\r\n{lines}\r\n{END}", lines.len())).await;
    assert_eq!(error.kind, ServerError { status: None });
    assert!(error.detail.contains("llama runner process has terminated"), "{error}");
    assert_eq!(error.partial.expect("what came").content, "half");
}

#[tokio::test]
async fn a_connection_that_the_server_has_dropped_is_replaced() {
    // Each connection serves one answer, promises another, and closes on the second request.
    let server = RawServer::start(|_, connection| {
        connection.request();
        connection.send(STREAM);
        connection.chunk(DONE);
        connection.send(END);
        connection.request();
    });
    let provider = server.provider();
    for _ in 0..3 {
        ask(&provider, "m", "x").await.expect("an answer");
    }
    assert_eq!(server.connections(), 3);
}

#[tokio::test]
async fn a_server_that_hangs_up_on_a_new_connection_is_not_asked_again_within_the_attempt() {
    let server = RawServer::answering("");
    for provider in [server.provider(), server.openai()] {
        let error = ask(&provider, "m", "x").await.expect_err("no answer");
        assert_eq!(error.kind, Cut);
    }
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_server_that_drops_every_second_request_is_asked_once_more_and_no_further() {
    // One connection serves one answer; all others close on their first request.
    let server = RawServer::start(|before, connection| {
        connection.request();
        if before == 0 {
            connection.send(STREAM);
            connection.chunk(DONE);
            connection.send(END);
            connection.request();
        }
    });
    let provider = server.provider();
    ask(&provider, "m", "x").await.expect("an answer");
    assert_eq!(ask(&provider, "m", "x").await.expect_err("no answer").kind, Cut);
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn the_faults_of_the_fake_server_are_told_apart() {
    let server = FakeOllama::start(Options::default()).expect("a server");
    let provider = Provider::new(&ollama_at(&server.url()), &Outbound::open()).expect("settings");
    for (fault, kind) in [
        (Fault::Status { code: 503, retry_after_s: None }, ServerError { status: Some(503) }),
        (Fault::CloseBefore, Cut),
        (Fault::CutInStream { after_tokens: 2 }, Cut),
        (Fault::GarbageLine { after_tokens: 2 }, Garbage),
        (Fault::ErrorInStream { after_tokens: 2 }, ServerError { status: None }),
        (Fault::MissingDone, Cut),
        (Fault::WrongContentType, Garbage),
    ] {
        server.fail(fault);
        let error = ask(&provider, "llama3.2", "x").await.expect_err("a fault");
        assert_eq!(error.kind, kind, "{fault:?}: {error}");
        server.recover();
        ask(&provider, "llama3.2", "x").await.expect("an answer again");
    }
    assert_ne!(Cancelled.as_str(), Cut.as_str());
}
