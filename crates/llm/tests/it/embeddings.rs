//! Texts as vectors, by either protocol.

use std::time::Duration;

use llm::watch::Watch;
use llm::{CallError, CallErrorKind, Embeddings, Provider};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::raw::{RawServer, response};
use super::{guarded, ollama_at, openai_at};

async fn embed(provider: &Provider, texts: &[&str]) -> Result<Embeddings, CallError> {
    let cancel = CancellationToken::new();
    let mut watch = Watch::start(Duration::from_secs(30), Duration::from_secs(30), &cancel);
    provider.embed("m", texts, &mut watch).await
}

/// A server that answers `body` and wants the request to be `path` with `sent`.
fn server(path: &'static str, sent: Value, body: &Value) -> RawServer {
    let body = body.to_string();
    RawServer::start(move |_, connection| {
        let request = connection.request().expect("a request");
        let (head, got) = request.split_once("\r\n\r\n").expect("a request");
        let right = head.starts_with(&format!("POST {path} "))
            && serde_json::from_str::<Value>(got).expect("a request") == sent;
        connection.send(if right {
            response("200 OK", "application/json", &body)
        } else {
            response("400 Bad Request", "application/json", &json!({ "error": request }).to_string())
        });
    })
}

fn openai(body: &Value) -> (RawServer, Provider) {
    let server = server("/v1/embeddings", json!({ "model": "m", "input": ["a", "b"] }), body);
    let provider = server.openai();
    (server, provider)
}

fn ollama(body: &Value) -> (RawServer, Provider) {
    let sent = json!({ "model": "m", "input": ["a", "b"], "truncate": false });
    let server = server("/api/embed", sent, body);
    let provider = server.provider();
    (server, provider)
}

#[tokio::test]
async fn each_text_has_its_vector() {
    let expected = Embeddings { vectors: vec![vec![1.0, 0.5], vec![-2.0, 0.0]], prompt_tokens: Some(4) };
    let (_server, provider) = openai(&json!({
        "data": [{ "index": 1, "embedding": [-2, 0] }, { "index": 0, "embedding": [1, 0.5] }],
        "usage": { "prompt_tokens": 4, "total_tokens": 4 },
    }));
    assert_eq!(embed(&provider, &["a", "b"]).await, Ok(expected.clone()));
    let (_server, provider) = ollama(&json!({ "embeddings": [[1, 0.5], [-2, 0]], "prompt_eval_count": 4 }));
    assert_eq!(embed(&provider, &["a", "b"]).await, Ok(expected));
}

#[tokio::test]
async fn vectors_that_cannot_be_compared_are_refused() {
    for vectors in
        [json!([[1, 2]]), json!([[1, 2], [1]]), json!([[], []]), json!([[1, 2], [1, 1e39]]), json!("none")]
    {
        let (_server, provider) = ollama(&json!({ "embeddings": vectors }));
        let error = embed(&provider, &["a", "b"]).await.expect_err("refused");
        assert_eq!(error.kind, CallErrorKind::Garbage, "{vectors}");
    }
}

#[tokio::test]
async fn a_server_that_fails_is_asked_again_and_a_missing_model_is_not() {
    for (settings_at, path) in [(ollama_at as fn(&str) -> _, "/api/embed"), (openai_at, "/v1/embeddings")] {
        let server = RawServer::start(move |before, connection| {
            let request = connection.request().unwrap();
            assert!(request.starts_with(&format!("POST {path} ")), "{request}");
            connection.send(if before == 0 {
                response("500 Internal Server Error\r\nConnection: close", "application/json", "{}")
            } else {
                response(
                    "404 Not Found\r\nConnection: close",
                    "application/json",
                    "{\"error\":\"model \\\"m\\\" not found\"}",
                )
            });
        });
        let mut settings = settings_at(&server.url);
        settings.attempts = 3;
        let error =
            guarded(settings).embed("m", &["a"], &CancellationToken::new()).await.expect_err("missing");
        assert_eq!((error.kind, server.connections()), (CallErrorKind::ModelMissing, 2));
    }
}

/// A server of Ollama's that answers each text with a vector of as many numbers as `length` says for the request.
fn embedding_server(length: fn(u8) -> usize) -> RawServer {
    RawServer::start(move |_, connection| {
        let mut before = 0_u8;
        while let Some(request) = connection.request() {
            let (_, body) = request.split_once("\r\n\r\n").expect("a request");
            let sent: Value = serde_json::from_str(body).expect("a request");
            let vector = vec![f32::from(before); length(before)];
            let vectors = vec![vector; sent["input"].as_array().expect("texts").len()];
            let answer = json!({ "embeddings": vectors, "prompt_eval_count": 1 }).to_string();
            connection.send(response("200 OK", "application/json", &answer));
            before += 1;
        }
    })
}

#[tokio::test]
async fn many_texts_go_in_batches_and_keep_their_order() {
    let server = embedding_server(|_| 2);
    let provider = guarded(ollama_at(&server.url));
    let texts = ["a"; 70];
    let found = provider.embed("m", &texts, &CancellationToken::new()).await.expect("vectors");
    let batch_of: Vec<f32> = found.vectors.iter().map(|vector| vector[0]).collect();
    let expected: Vec<f32> = [vec![0.0; 32], vec![1.0; 32], vec![2.0; 6]].concat();
    assert_eq!((batch_of, found.prompt_tokens), (expected, Some(3)));
}

#[tokio::test]
async fn a_server_that_changes_the_length_between_batches_is_refused() {
    let server = embedding_server(|before| 2 + usize::from(before));
    let provider = guarded(ollama_at(&server.url));
    let error = provider.embed("m", &["a"; 33], &CancellationToken::new()).await.expect_err("refused");
    assert_eq!(error.kind, CallErrorKind::Garbage);
    assert!(error.detail.contains("of 2 and of 3 numbers"), "{error}");
}
