//! The wire format, byte by byte but for the time of day.

use std::fmt::Write as _;

use jiff::Timestamp;
use reqwest::Response;
use serde_json::json;

use crate::client::{chat, client, get, post, start};

/// Status, media type and body, each moment replaced once it has been found to be one.
pub(crate) async fn shown(response: reqwest::Result<Response>) -> String {
    let response = response.unwrap();
    let mut text = format!("{} {:?}\n", response.status(), response.headers()["content-type"]);
    for line in response.text().await.unwrap().lines() {
        writeln!(text, "{}", without_times(line)).unwrap();
    }
    text
}

fn without_times(line: &str) -> String {
    let mut line = line.to_owned();
    for key in ["\"created_at\":\"", "\"expires_at\":\""] {
        if let Some(start) = line.find(key).map(|at| at + key.len()) {
            let end = start + line[start..].find('"').unwrap();
            let _: Timestamp = line[start..end].parse().unwrap();
            line.replace_range(start..end, "TIME");
        }
    }
    // That of a model is fixed, and stays.
    if let Some(start) = line.find("\"created\":17").filter(|_| !line.contains("\"owned_by\"")) {
        let start = start + "\"created\":".len();
        let end = start + line[start..].find(',').unwrap();
        Timestamp::from_second(line[start..end].parse().unwrap()).unwrap();
        line.replace_range(start..end, "TIME");
    }
    line
}

#[tokio::test]
async fn chat_and_generate() {
    let server = start();
    let mut text = String::new();
    for (path, body) in [
        ("/api/chat", chat("llama3.2", "echo: one, \"two\"", &json!({}))),
        (
            "/api/chat",
            chat("qwen3:8b", "echo: yes", &json!({ "think": "low", "options": { "num_predict": 2 } })),
        ),
        ("/api/chat", chat("llama3.2:latest", "echo: one two", &json!({ "stream": false }))),
        ("/api/chat", chat("qwen3:8b", "echo: yes", &json!({ "stream": false, "think": "low" }))),
        ("/api/generate", json!({ "model": "llama3.2", "prompt": "echo: one two" })),
        (
            "/api/generate",
            json!({ "model": "qwen3:8b", "prompt": "echo: one", "stream": false, "think": false }),
        ),
    ] {
        writeln!(text, "POST {path} {body}\n{}", shown(post(&server, path, &body).await).await).unwrap();
    }
    insta::assert_snapshot!(text);
}

#[tokio::test]
async fn loading_and_unloading() {
    let server = start();
    let mut text = String::new();
    for (path, body) in [
        ("/api/chat", json!({ "model": "llama3.2", "messages": [], "keep_alive": "10m" })),
        ("/api/generate", json!({ "model": "llama3.2", "keep_alive": 0 })),
        ("/api/generate", json!({ "model": "qwen3:8b", "options": { "num_ctx": 8192 } })),
    ] {
        writeln!(text, "POST {path} {body}\n{}", shown(post(&server, path, &body).await).await).unwrap();
        writeln!(text, "GET /api/ps\n{}", shown(Ok(get(&server, "/api/ps").await)).await).unwrap();
    }
    insta::assert_snapshot!(text);
}

#[tokio::test]
async fn what_the_server_tells_of_itself() {
    let server = start();
    let mut text = String::new();
    for path in ["/", "/api/version", "/api/tags", "/api/ps", "/api/nothing", "/api/chat"] {
        writeln!(text, "GET {path}\n{}", shown(Ok(get(&server, path).await)).await).unwrap();
    }
    for model in ["llama3.2", "qwen3:8b", "nomic-embed-text"] {
        let body = json!({ "model": model });
        writeln!(text, "POST /api/show {body}\n{}", shown(post(&server, "/api/show", &body).await).await)
            .unwrap();
    }
    insta::assert_snapshot!(text);
}

#[tokio::test]
async fn refusals() {
    let server = start();
    let mut text = String::new();
    for (path, body) in [
        ("/api/chat", chat("mistral", "Hi", &json!({}))),
        ("/api/generate", json!({ "model": "mistral:7b", "prompt": "Hi" })),
        ("/api/show", json!({ "model": "mistral" })),
        ("/api/chat", chat("nomic-embed-text", "Hi", &json!({}))),
        ("/api/chat", chat("llama3.2", "Hi", &json!({ "think": true }))),
        ("/api/chat", chat("qwen3:8b", "Hi", &json!({ "think": "much" }))),
        ("/api/chat", chat("llama3.2", "Hi", &json!({ "keep_alive": "10" }))),
        ("/api/chat", chat("llama3.2", "Hi", &json!({ "options": { "num_ctx": "big" } }))),
        ("/api/chat", json!({ "messages": [] })),
    ] {
        writeln!(text, "POST {path} {body}\n{}", shown(post(&server, path, &body).await).await).unwrap();
    }
    let empty = client().post(format!("{}/api/chat", server.url())).send().await;
    writeln!(text, "POST /api/chat\n{}", shown(empty).await).unwrap();
    insta::assert_snapshot!(text);
    assert_eq!(server.counters().calls, 0, "what is refused is no call");
}
