//! The wire format of `/v1`, byte by byte but for the time of day.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::client::{chat, get, post, start, stream};
use crate::wire::shown;

const CHAT: &str = "/v1/chat/completions";

#[tokio::test]
async fn answers() {
    let server = start();
    let usage = json!({ "stream": true, "stream_options": { "include_usage": true } });
    let mut text = String::new();
    for (path, body) in [
        (CHAT, chat("llama3.2", "echo: one, \"two\"", &json!({}))),
        (CHAT, chat("llama3.2", "echo: one two", &usage)),
        (CHAT, chat("llama3.2", "echo: one", &json!({ "stream": true }))),
        (CHAT, chat("qwen3:8b", "echo: yes", &json!({ "reasoning_effort": "low", "max_tokens": 2 }))),
        ("/v1/completions", json!({ "model": "llama3.2", "prompt": "echo: one two", "stop": " two" })),
        ("/v1/completions", json!({ "model": "llama3.2", "prompt": ["echo: one"], "stream": true })),
    ] {
        writeln!(text, "POST {path} {body}\n{}", shown(post(&server, path, &body).await).await).unwrap();
    }
    insta::assert_snapshot!(text);
}

#[tokio::test]
async fn models_and_refusals() {
    let server = start();
    let mut text = String::new();
    for path in ["/v1/models", "/v1/models/qwen3%3A8b", "/v1/models/nope", CHAT] {
        writeln!(text, "GET {path}\n{}", shown(Ok(get(&server, path).await)).await).unwrap();
    }
    for body in [
        chat("nope", "Hi", &json!({})),
        chat("nomic-embed-text", "Hi", &json!({})),
        chat("llama3.2", "Hi", &json!({ "reasoning_effort": "much" })),
        json!({ "model": "llama3.2", "messages": [] }),
        json!({ "model": "llama3.2", "messages": "Hi" }),
        json!({ "messages": [] }),
    ] {
        writeln!(text, "POST {CHAT} {body}\n{}", shown(post(&server, CHAT, &body).await).await).unwrap();
    }
    insta::assert_snapshot!(text);
    assert_eq!(server.counters().calls, 0, "what is refused is no call");
}

#[tokio::test]
async fn parts_tools_and_formats_are_taken() {
    let server = start();
    let content = async |body: &Value| {
        let answer: Value = post(&server, CHAT, body).await.unwrap().json().await.unwrap();
        answer["choices"][0]["message"]["content"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    };
    let function = json!({ "name": "f", "parameters": { "type": "object" } });
    let call = json!({ "id": "1", "type": "function", "function": { "name": "f", "arguments": "{}" } });
    let messages = json!([
        { "role": "system", "content": "Be brief." },
        { "role": "user", "content": [{ "type": "text", "text": "echo: " }, { "type": "text", "text": "parts" }] },
        { "role": "assistant", "content": null, "tool_calls": [call] },
        { "role": "tool", "tool_call_id": "1", "content": "42" },
    ]);
    let tools = json!([{ "type": "function", "function": function }]);
    assert_eq!(content(&json!({ "model": "llama3.2", "messages": messages, "tools": tools })).await, "parts");
    let schema = json!({ "type": "object", "properties": { "city": { "type": "string" } } });
    let format = json!({ "type": "json_schema", "json_schema": { "name": "c", "schema": schema } });
    let filled = content(&chat("llama3.2", "Where?", &json!({ "response_format": format }))).await;
    assert!(serde_json::from_str::<Value>(&filled).unwrap()["city"].is_string(), "{filled}");
    let json = json!({ "response_format": { "type": "json_object" } });
    assert!(serde_json::from_str::<Value>(&content(&chat("llama3.2", "Where?", &json)).await).is_ok());
}

#[tokio::test]
async fn both_protocols_say_the_same() {
    let server = start();
    let ollama = stream(&server, &chat("llama3.2", "Explain the tides", &json!({}))).await.content();
    let body = chat("llama3.2", "Explain the tides", &json!({}));
    let openai: Value = post(&server, CHAT, &body).await.unwrap().json().await.unwrap();
    assert_eq!(openai["choices"][0]["message"]["content"], ollama);
    assert_eq!(server.counters().calls, 2);
}
