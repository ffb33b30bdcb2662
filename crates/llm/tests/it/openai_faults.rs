//! OpenAI-compatible servers that refuse, fail and lie, and keys that must not be seen.

use std::sync::Mutex;
use std::sync::mpsc;
use std::time::Duration;

use domain::card::{Message, ModelParameters, Role};
use llm::CallErrorKind::{Cut, Garbage, ModelMissing, RateLimited, RefusedRequest, ServerError, TooLarge};
use llm::{CallError, CallErrorKind, ChatRequest, Outbound, Provider};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::raw::{END, EVENTS, RawServer, response};
use super::{ask, guarded, openai_at};

const HALF: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"half\"}}]}\n\n";
const CANARY: &str = "sk-canary-8f2c1d";

async fn error_of(bytes: impl AsRef<[u8]> + Send + Sync + 'static) -> CallError {
    let server = RawServer::answering(bytes);
    ask(&server.openai(), "m", "x").await.expect_err("a broken answer")
}

async fn error_of_stream(stream: &str) -> CallError {
    let server = RawServer::streaming(stream, 10_000);
    ask(&server.openai(), "m", "x").await.expect_err("a broken answer")
}

#[tokio::test]
async fn statuses() {
    let cases: [(&str, &str, CallErrorKind, &str); 13] = [
        (
            "404 Not Found",
            r#"{"error":{"message":"The model `m` does not exist","code":"model_not_found"}}"#,
            ModelMissing,
            "has no model `m`",
        ),
        (
            "404 Not Found",
            r#"{"object":"error","message":"The model `m` does not exist.","type":"NotFoundError","param":null,"code":404}"#,
            ModelMissing,
            "has no model `m`",
        ),
        (
            "400 Bad Request",
            r#"{"error":{"message":"Invalid model name passed in model=m. Call /v1/models","code":"400"}}"#,
            ModelMissing,
            "has no model `m`",
        ),
        ("404 Not Found", r#"{"detail":"Not Found"}"#, RefusedRequest { status: 404 }, "(404): Not Found."),
        (
            "400 Bad Request",
            r#"{"error":{"message":"This model's maximum context length is 4096 tokens."}}"#,
            RefusedRequest { status: 400 },
            "maximum context length is 4096 tokens.",
        ),
        (
            "422 Unprocessable Entity",
            r#"{"detail":[{"loc":["body"],"msg":"field required"}]}"#,
            RefusedRequest { status: 422 },
            "field required.",
        ),
        (
            "401 Unauthorized",
            r#"{"error":{"message":"Missing bearer authentication"}}"#,
            RefusedRequest { status: 401 },
            "wants a key (401): Missing bearer authentication. Name one by the provider's `key_env`",
        ),
        ("403 Forbidden", "", RefusedRequest { status: 403 }, "wants a key (403)."),
        (
            "500 Internal Server Error",
            r#"{"error":{"code":500,"message":"out of \u001b[31mmemory","type":"server_error"}}"#,
            ServerError { status: Some(500) },
            "out of [31mmemory.",
        ),
        (
            "503 Service Unavailable",
            r#"{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}"#,
            ServerError { status: Some(503) },
            "Loading model.",
        ),
        (
            "429 Too Many Requests\r\nRetry-After: 7",
            r#"{"error":{"message":"Rate limit reached"}}"#,
            RateLimited,
            "Rate limit reached.",
        ),
        ("429 Too Many Requests", "slow down", RateLimited, "(429)."),
        (
            "307 Temporary Redirect\r\nLocation: http://127.0.0.1:9/",
            "",
            RefusedRequest { status: 307 },
            "sends the call elsewhere (307)",
        ),
    ];
    for (status, body, kind, words) in cases {
        let error = error_of(response(status, "application/json", body)).await;
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.detail.contains(words), "{words}: {error}");
    }
    let error = error_of(response("502 Bad Gateway", "text/html", "<script>alert(1)</script>")).await;
    assert_eq!(
        (error.kind, &*error.detail),
        (ServerError { status: Some(502) }, "The model server failed (502).")
    );
}

#[tokio::test]
async fn an_error_in_the_midst_of_an_answer_in_every_shape() {
    for error in [
        "data: {\"error\":{\"message\":\"out of memory\",\"code\":500}}\n\n",
        "event: error\ndata: {\"error\":\"out of memory\"}\n\n",
        "error: {\"code\":500,\"message\":\"out of memory\"}\n\n",
        "data: {\"object\":\"error\",\"message\":\"out of memory\"}\n\n",
        "data: {\"detail\":\"out of memory\"}\n\n",
        "{\"error\":{\"message\":\"out of memory\"}}\n",
    ] {
        let error_met = error_of_stream(&[HALF, error].concat()).await;
        assert_eq!(error_met.kind, ServerError { status: None }, "{error}: {error_met}");
        assert!(error_met.detail.contains("out of memory"), "{error}: {error_met}");
        assert_eq!(error_met.partial.expect("what came").content, "half", "{error}");
    }
    // Sent with status 200 and as JSON.
    let error = error_of(response("200 OK", "application/json", "{\"error\":{\"message\":\"busy\"}}")).await;
    assert_eq!(error.kind, ServerError { status: None });
}

#[tokio::test]
async fn an_answer_that_ends_before_its_end_is_no_answer() {
    let error = error_of_stream(HALF).await;
    assert_eq!((error.kind, error.partial.expect("what came").content.as_str()), (Cut, "half"));
    let error = error_of([EVENTS, &format!("{:x}\r\n{HALF}\r\n", HALF.len())].concat()).await;
    assert_eq!((error.kind, error.partial.expect("what came").content.as_str()), (Cut, "half"));
    assert_eq!(error_of([EVENTS, END].concat()).await.kind, Cut);
    assert_eq!(error_of("").await.kind, Cut);
}

#[tokio::test]
async fn garbage() {
    for (bytes, words) in [
        (b"SSH-2.0-OpenSSH_9.6\r\n".to_vec(), "no HTTP"),
        (response("200 OK", "text/html", "<html>Hello</html>").into(), "content type text/html"),
        (response("200 OK", "text/event-stream", "data: <html>\n\n").into(), "not its JSON"),
        (response("200 OK", "text/event-stream", "data: {\"choices\":5}\n\n").into(), "not its JSON"),
        (response("200 OK", "text/event-stream", "data: [DONE]\n\n").into(), "without a choice"),
        (response("200 OK", "application/json", "{}").into(), "without a choice"),
        (response("204 No Content", "application/json", "").into(), "status 204"),
        ([EVENTS.as_bytes(), b"8\r\ndata: \xff\n\r\n0\r\n\r\n"].concat(), "invalid UTF-8"),
    ] {
        let error = error_of(bytes).await;
        assert_eq!(error.kind, Garbage, "{words}: {error:?}");
        assert!(error.detail.contains(words), "{words}: {error}");
    }
}

#[tokio::test]
async fn lines_and_answers_without_end_are_not_read_to_their_end() {
    for piece in [vec![b'x'; 16_384], HALF.repeat(300).into_bytes()] {
        let server = RawServer::start(move |_, connection| {
            connection.request();
            connection.send(EVENTS);
            while connection.chunk(&piece) {}
        });
        let error = ask(&server.openai(), "m", "x").await.expect_err("too long");
        assert_eq!(error.kind, TooLarge);
    }
}

/// A provider at `url` whose key is the canary, in a file.
fn with_key(url: &str) -> (tempfile::TempDir, llm::ProviderSettings) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("key");
    std::fs::write(&path, format!("{CANARY}\n")).expect("written");
    let mut settings = openai_at(url);
    settings.key_file = Some(path);
    (folder, settings)
}

#[tokio::test]
async fn the_key_goes_to_the_server_and_nowhere_else() {
    let (sender, requests) = mpsc::channel();
    let sender = Mutex::new(sender);
    // It says the key back, as some gateways do.
    let server = RawServer::start(move |_, connection| {
        let request = connection.request().unwrap();
        let key = request.lines().find_map(|line| line.strip_prefix("authorization: ")).map(str::to_owned);
        let said = format!("Invalid key {key:?} given. {}", "x".repeat(460) + CANARY);
        sender.lock().unwrap().send(key).unwrap();
        let body = json!({ "error": { "message": said } }).to_string();
        connection.send(response("401 Unauthorized", "application/json", &body));
    });
    let (_folder, settings) = with_key(&server.url);
    let provider = Provider::new(&settings, &Outbound::open()).expect("settings");
    let error = ask(&provider, "m", "x").await.expect_err("refused");
    assert_eq!(requests.recv().unwrap().as_deref(), Some(&*format!("Bearer {CANARY}")));
    assert!(error.detail.contains("refused the key (401): Invalid key"), "{error}");
    let shown =
        format!("{error} {error:?} {provider:?} {settings:?} {}", serde_json::to_string(&settings).unwrap());
    assert!(!shown.contains("canary"), "{shown}");
    let listed = provider.models().await.expect_err("refused");
    assert!(requests.recv().unwrap().is_some() && !listed.detail.contains("canary"), "{listed}");

    let stream = format!("data: {{\"error\":\"bad key {CANARY}\"}}\n\n");
    let server = RawServer::streaming(stream, 10_000);
    let (_folder, settings) = with_key(&server.url);
    let error =
        ask(&Provider::new(&settings, &Outbound::open()).unwrap(), "m", "x").await.expect_err("refused");
    assert!(error.detail.contains("bad key [key]"), "{error}");
}

#[tokio::test]
async fn without_the_key_that_is_configured_nothing_is_sent() {
    let server = RawServer::answering("");
    let mut settings = openai_at(&server.url);
    // The key itself, written where the name of its variable belongs.
    settings.key_env = Some("gsk_canary8f2c1d".into());
    let provider = Provider::new(&settings, &Outbound::open()).expect("it starts");
    let error = ask(&provider, "m", "x").await.expect_err("no key");
    let shown = format!("{error} {error:?} {provider:?} {settings:?} {:?}", guarded(settings.clone()));
    assert!(!shown.contains("canary"), "{shown}");
    assert_eq!(error.kind, RefusedRequest { status: 401 });
    assert!(error.detail.contains("`key_env`") && error.detail.contains("Nothing was sent"), "{error}");
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_server_that_asks_for_a_pause_is_asked_again() {
    let server = RawServer::start(|before, connection| {
        connection.request();
        connection.send(if before == 0 {
            response("429 Too Many Requests\r\nRetry-After: 0\r\nConnection: close", "application/json", "{}")
        } else {
            response("200 OK", "text/event-stream", &[HALF, "data: [DONE]\n\n"].concat())
        });
    });
    let mut settings = openai_at(&server.url);
    settings.attempts = 2;
    let messages = [Message::text(Role::User, "x")];
    let parameters = ModelParameters::default();
    let request = ChatRequest { model: "m", messages: &messages, parameters: &parameters, seed: None };
    let call = guarded(settings).chat(&request, &CancellationToken::new()).await;
    assert_eq!(call.attempts[0].error.as_ref().and_then(|error| error.retry_after), Some(Duration::ZERO));
    let kinds: Vec<_> =
        call.attempts.iter().map(|attempt| attempt.error.as_ref().map(|error| error.kind)).collect();
    assert_eq!(kinds, [Some(RateLimited), None]);
    assert_eq!(call.result.expect("an answer").content, "half");
}
