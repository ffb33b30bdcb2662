//! Models that come onto an Ollama server, and go.

use std::sync::Mutex;
use std::sync::mpsc;

use llm::{CallError, CallErrorKind, Outbound, Provider, ProviderKind, ProviderSettings, PullProgress};
use tokio_util::sync::CancellationToken;

use super::openai_at;
use super::raw::{END, RawServer, STREAM, response};

async fn pull(provider: &Provider, cancel: &CancellationToken) -> (Vec<PullProgress>, Result<(), CallError>) {
    let mut seen = Vec::new();
    let result = provider.pull("m:1b", &mut |progress| seen.push(progress), cancel).await;
    (seen, result)
}

/// A server that streams these lines to a pull, and closes.
fn saying(lines: &'static [&'static str]) -> RawServer {
    RawServer::start(move |_, connection| {
        let request = connection.request().expect("a request");
        assert!(request.starts_with("POST /api/pull "), "{request}");
        assert!(request.ends_with("{\"model\":\"m:1b\",\"stream\":true}"), "{request}");
        connection.send(STREAM);
        for line in lines {
            connection.chunk(format!("{line}\n"));
        }
        connection.send(END);
    })
}

#[tokio::test]
async fn a_pull_tells_how_far_it_is() {
    let server = saying(&[
        r#"{"status":"pulling manifest"}"#,
        r#"{"status":"pulling aa","digest":"sha256:aa","total":100}"#,
        r#"{"status":"pulling aa","digest":"sha256:aa","total":100,"completed":60}"#,
        r#"{"status":"pulling bb","digest":"sha256:bb","total":20,"completed":20}"#,
        r#"{"status":"pulling aa","digest":"sha256:aa","total":100,"completed":100}"#,
        r#"{"status":"verifying sha256 digest"}"#,
        r#"{"status":"success"}"#,
    ]);
    let (seen, result) = pull(&server.provider(), &CancellationToken::new()).await;
    assert_eq!(result, Ok(()));
    let bytes: Vec<_> =
        seen.iter().map(|progress| (progress.completed_bytes, progress.total_bytes)).collect();
    let (all, some) = (Some(120), Some(100));
    assert_eq!(bytes, [(0, None), (0, some), (60, some), (80, all), (120, all), (120, all), (120, all)]);
    assert_eq!(seen.last().expect("some").status, "success");
}

#[tokio::test]
async fn a_pull_that_does_not_succeed_says_why() {
    for (lines, kind, words) in [
        (
            &[r#"{"status":"pulling manifest"}"#, r#"{"error":"pull model manifest: file does not exist"}"#]
                [..],
            CallErrorKind::ModelMissing,
            "The registry has no such model",
        ),
        (
            &[r#"{"error":"write /root: no space left on device"}"#],
            CallErrorKind::ServerError { status: None },
            "The disk of the model server is full: write /root: no space left on device. Free room there.",
        ),
        (&[r#"{"status":"pulling manifest"}"#], CallErrorKind::Cut, "pull again to go on"),
        (
            &[r#"{"error":"something else"}"#],
            CallErrorKind::ServerError { status: None },
            "could not pull the model: something else.",
        ),
        (&[r#"{"x":1}"#], CallErrorKind::Garbage, "without a status"),
        (&["<html>"], CallErrorKind::Garbage, "not its JSON"),
    ] {
        let error =
            pull(&saying(lines).provider(), &CancellationToken::new()).await.1.expect_err("a failure");
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.detail.contains(words), "{words}: {error}");
    }
}

#[tokio::test]
async fn a_pull_that_is_refused_at_once_says_why() {
    for (status, body, kind, words) in [
        (
            "500 Internal Server Error",
            r#"{"error":"pull model manifest: file does not exist"}"#,
            CallErrorKind::ModelMissing,
            "The registry has no such model",
        ),
        (
            "400 Bad Request",
            r#"{"error":"invalid model name"}"#,
            CallErrorKind::RefusedRequest { status: 400 },
            "not the name of a model",
        ),
        ("502 Bad Gateway", "", CallErrorKind::ServerError { status: Some(502) }, "failed (502)"),
    ] {
        let server = RawServer::answering(response(status, "application/json", body));
        let (_, result) = pull(&server.provider(), &CancellationToken::new()).await;
        let error = result.expect_err("a failure");
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.detail.contains(words), "{words}: {error}");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_in_a_pull_says_how_to_go_on() {
    let server = RawServer::start(|_, connection| {
        connection.request();
        connection.send(STREAM);
        connection.chunk("{\"status\":\"pulling manifest\"}\n");
    });
    let (seen, result) = pull(&server.provider(), &CancellationToken::new()).await;
    let error = result.expect_err("broken off");
    assert_eq!((seen.len(), error.kind), (1, CallErrorKind::Cut));
    assert!(error.detail.ends_with("pull again to go on."), "{error}");
}

#[tokio::test]
async fn a_pull_that_is_cancelled_closes_its_connection() {
    let (sender, closed) = mpsc::channel();
    let sender = Mutex::new(sender);
    let server = RawServer::start(move |_, connection| {
        connection.request();
        connection.send(STREAM);
        connection.chunk("{\"status\":\"pulling manifest\"}\n");
        connection.wait_for_close();
        sender.lock().unwrap().send(()).unwrap();
    });
    let cancel = CancellationToken::new();
    let provider = server.provider();
    let mut stop = |_: PullProgress| cancel.cancel();
    let error = provider.pull("m", &mut stop, &cancel).await.expect_err("cancelled");
    assert_eq!(error.kind, CallErrorKind::Cancelled);
    tokio::task::spawn_blocking(move || closed.recv()).await.unwrap().expect("the connection is closed");
}

#[tokio::test]
async fn a_model_is_deleted_or_was_not_there() {
    let server = RawServer::start(|_, connection| {
        while let Some(request) = connection.request() {
            connection.send(
                if request.starts_with("DELETE /api/delete ") && request.ends_with("{\"model\":\"m\"}") {
                    response("200 OK", "text/plain", "")
                } else {
                    response("404 Not Found", "application/json", "{\"error\":\"model 'n' not found\"}")
                },
            );
        }
    });
    let provider = server.provider();
    assert_eq!(provider.delete("m").await, Ok(()));
    assert_eq!(provider.delete("n").await.expect_err("missing").kind, CallErrorKind::ModelMissing);
}

#[tokio::test]
async fn only_ollama_can_be_told_to_pull_and_delete() {
    let simulated = ProviderSettings::new("simulated", ProviderKind::Simulated);
    for settings in [simulated, openai_at("http://127.0.0.1:1")] {
        let provider = Provider::new(&settings, &Outbound::open()).expect("settings");
        let (_, pulled) = pull(&provider, &CancellationToken::new()).await;
        assert!(pulled.expect_err("refused").detail.contains("Only Ollama"));
        assert!(provider.delete("m").await.expect_err("refused").detail.contains("Only Ollama"));
    }
}
