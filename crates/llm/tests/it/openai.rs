//! Calls of OpenAI-compatible servers that go well, in spite of how differently they speak.

use std::sync::Mutex;
use std::sync::mpsc;
use std::time::Duration;

use domain::card::{Message, Role};
use domain::completion::{Completion, Usage};
use domain::cost::NanoDollars;
use llm::answer::OUTPUT_LIMIT;
use llm::watch::Watch;
use llm::{ChatRequest, ModelFacts, ModelPrice};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::raw::{EVENTS, RawServer, response};
use super::{ask, guarded, openai_at, parameters};

/// An event with a piece of content.
fn content(text: &str) -> String {
    event(&json!({ "choices": [{ "index": 0, "delta": { "content": text }, "finish_reason": null }] }))
}

pub(crate) fn event(chunk: &Value) -> String {
    format!("data: {chunk}\n\n")
}

pub(crate) fn finish(reason: &str) -> String {
    event(&json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": reason }] }))
}

const USAGE: &str =
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2,\"total_tokens\":5}}\n\n";
const DONE: &str = "data: [DONE]\n\n";
const COUNTED: Usage = Usage { prompt_tokens: Some(3), completion_tokens: Some(2) };

pub(crate) async fn answer_of(stream: impl Into<String>) -> Completion {
    let server = RawServer::streaming(stream, 10_000);
    ask(&server.openai(), "m", "x").await.expect("an answer")
}

#[tokio::test]
async fn an_answer_is_the_same_however_its_bytes_are_cut() {
    let role = event(
        &json!({ "id": "1", "choices": [{ "index": 0, "delta": { "role": "assistant", "content": "" } }] }),
    );
    let text = [
        ": ping\n\n",
        &role,
        &content("hä "),
        &content("\"ß\"\n"),
        ":\n\n",
        &content("🙂"),
        &finish("stop"),
        USAGE,
        DONE,
    ]
    .concat();
    for text in [text.clone(), text.replace('\n', "\r\n")] {
        for size in [1, 2, 3, 7, 50, 10_000] {
            let server = RawServer::streaming(text.clone(), size);
            let completion = ask(&server.openai(), "m", "x").await.expect("an answer");
            assert_eq!(completion.content, "hä \"ß\"\n🙂", "{size}");
            assert_eq!(completion.finish_reason.as_deref(), Some("stop"), "{size}");
            assert_eq!(completion.usage, COUNTED, "{size}");
            assert!(completion.timings.first_token_ms.is_some() && completion.notes.is_empty());
        }
    }
}

#[tokio::test]
async fn the_request_is_what_the_caller_asked() {
    let (sender, requests) = mpsc::channel();
    let sender = Mutex::new(sender);
    let stream = [&content("yes"), &finish("stop"), DONE].concat();
    let server = RawServer::start(move |_, connection| {
        sender.lock().unwrap().send(connection.request().unwrap()).unwrap();
        connection.send(response("200 OK", "text/event-stream", &stream));
    });
    let messages = [Message::text(Role::System, "Be \"brief\"."), Message::text(Role::User, "ä?")];
    let parameters = parameters(json!({
        "temperature": 0.0, "num_predict": 8, "seed": 1, "num_ctx": 4096, "options": { "min_p": 0.1 },
    }));
    let request = ChatRequest { model: "m", messages: &messages, parameters: &parameters, seed: Some(5) };
    let cancel = CancellationToken::new();
    let mut watch = Watch::start(Duration::from_secs(30), Duration::from_secs(30), &cancel);
    server.openai().chat(&request, &mut watch).await.expect("an answer");
    let request = requests.recv().unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /v1/chat/completions HTTP/1.1\r\n"), "{head}");
    assert!(!head.to_lowercase().contains("authorization"), "{head}");
    assert_eq!(
        serde_json::from_str::<Value>(body).unwrap(),
        json!({
            "model": "m",
            "messages": [{"role": "system", "content": "Be \"brief\"."}, {"role": "user", "content": "ä?"}],
            "stream": true,
            "stream_options": {"include_usage": true},
            "temperature": 0.0, "max_tokens": 8, "seed": 5, "min_p": 0.1,
        })
    );
}

#[tokio::test]
async fn an_answer_without_usage_or_without_an_end_is_an_answer() {
    for (name, stream, finish_reason, usage) in [
        ("no usage", [&content("yes"), &finish("stop"), DONE].concat(), Some("stop"), Usage::default()),
        ("no [DONE]", [&content("yes"), &finish("stop"), USAGE].concat(), Some("stop"), COUNTED),
        ("no reason", [&content("yes"), DONE].concat(), None, Usage::default()),
        ("no empty line at the end", format!("{}{}data: [DONE]", content("yes"), finish("stop")), Some("stop"), Usage::default()),
        ("no empty lines", [&content("yes"), &finish("stop"), USAGE].concat().replace("\n\n", "\n"), Some("stop"), COUNTED),
        (
            "usage with the reason, and of null before",
            [
                content("yes").replace("}\n", ",\"usage\":null}\n"),
                event(&json!({
                    "choices": [{ "delta": { "content": null }, "finish_reason": "length" }],
                    "usage": { "prompt_tokens": 3, "completion_tokens": 2.0, "completion_tokens_details": null },
                })),
            ]
            .concat(),
            Some("length"),
            COUNTED,
        ),
        (
            "fields that nobody knows",
            [
                event(&json!({ "choices": [], "prompt_filter_results": [{}] })),
                event(&json!({ "type": "ping" })),
                "event: message\nid: 7\nretry: 10\n".to_owned(),
                event(&json!({
                    "choices": [{ "delta": { "content": "yes", "x": {} }, "logprobs": null, "finish_reason": "" }],
                    "error": null, "system_fingerprint": null, "x_y": [1],
                })),
                finish("stop"),
                DONE.to_owned(),
            ]
            .concat(),
            Some("stop"),
            Usage::default(),
        ),
    ] {
        let completion = answer_of(stream).await;
        assert_eq!(completion.content, "yes", "{name}");
        assert_eq!(completion.finish_reason.as_deref(), finish_reason, "{name}");
        assert_eq!(completion.usage, usage, "{name}");
    }
}

#[tokio::test]
async fn reasons_to_end_have_one_word_each() {
    for (sent, word) in [
        ("stop", "stop"),
        ("STOP", "stop"),
        ("eos_token", "stop"),
        ("end_turn", "stop"),
        ("max_tokens", "length"),
        ("MAX_TOKENS", "length"),
        ("function_call", "tool_calls"),
        ("content_filter", "content_filter"),
        ("abort", "abort"),
    ] {
        assert_eq!(
            answer_of([content("yes"), finish(sent)].concat()).await.finish_reason.as_deref(),
            Some(word)
        );
    }
}

#[tokio::test]
async fn thinking_is_found_under_each_of_its_names() {
    let delta = |delta: Value| event(&json!({ "choices": [{ "delta": delta }] }));
    for thoughts in [
        delta(json!({ "reasoning_content": "hm" })),
        delta(json!({ "reasoning": "hm" })),
        delta(json!({ "reasoning": "hm", "reasoning_content": "hm" })),
        delta(json!({ "content": [{ "type": "thinking", "thinking": [{ "type": "text", "text": "hm" }] }] })),
    ] {
        let completion = answer_of([thoughts.clone(), content("yes"), finish("stop")].concat()).await;
        assert_eq!((completion.thinking.as_deref(), &*completion.content), (Some("hm"), "yes"), "{thoughts}");
    }
    let parts =
        delta(json!({ "content": [{ "type": "text", "text": "ye" }, { "type": "text", "text": "s" }] }));
    assert_eq!(answer_of([parts, finish("stop")].concat()).await.content, "yes");
    let refusal = delta(json!({ "content": null, "refusal": "I cannot." }));
    assert_eq!(answer_of([refusal, finish("stop")].concat()).await.content, "I cannot.");
}

#[tokio::test]
async fn a_server_that_does_not_stream_is_understood() {
    let body = json!({
        "object": "chat.completion",
        "choices": [{ "index": 0, "message": { "role": "assistant", "content": "yes" }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 3, "completion_tokens": 2 },
    });
    let server = RawServer::answering(response("200 OK", "application/json", &format!("{body:#}")));
    let completion = ask(&server.openai(), "m", "x").await.expect("an answer");
    assert_eq!((completion.content.as_str(), completion.usage), ("yes", COUNTED));
}

#[tokio::test]
async fn only_the_first_of_several_choices_counts() {
    let stream = event(&json!({ "choices": [
        { "index": 1, "delta": { "content": "no" }, "finish_reason": "length" },
        { "index": 0, "delta": { "content": "yes" }, "finish_reason": "stop" },
    ] }));
    let completion = answer_of(stream).await;
    assert_eq!((completion.content.as_str(), completion.finish_reason.as_deref()), ("yes", Some("stop")));
}

#[tokio::test]
async fn a_stream_that_stands_still_or_breaks_after_its_end_takes_nothing_from_the_answer() {
    for closes in [false, true] {
        let stream = [content("yes"), finish("stop")].concat();
        let server = RawServer::start(move |_, connection| {
            connection.request();
            connection.send(EVENTS);
            connection.chunk(&stream);
            if !closes {
                connection.wait_for_close();
            }
        });
        let completion = ask(&server.openai(), "m", "x").await.expect("an answer");
        assert_eq!(completion.content, "yes");
        assert!(completion.timings.total_ms < 1_000, "{:?}", completion.timings);
    }
}

#[tokio::test]
async fn llama_cpp_says_where_the_time_went() {
    let end = event(&json!({
        "choices": [{ "delta": {}, "finish_reason": "stop" }],
        "timings": { "prompt_n": 3, "prompt_ms": 12.4, "predicted_n": 2, "predicted_ms": 80.6 },
    }));
    let timings = answer_of([content("yes"), end].concat()).await.timings;
    assert_eq!((timings.prompt_evaluation_ms, timings.generation_ms), (Some(12), Some(81)));
}

#[tokio::test]
async fn an_output_beyond_the_limit_is_cut_and_said() {
    let stream = [content(&"ä".repeat(50_000)).repeat(11), finish("stop")].concat();
    let completion = answer_of(stream).await;
    assert_eq!((completion.content.len(), completion.notes.len()), (OUTPUT_LIMIT, 1));
}

#[tokio::test]
async fn calls_one_after_the_other_share_a_connection() {
    let server = RawServer::streaming([&content("yes"), &finish("stop"), DONE].concat(), 10_000);
    let provider = server.openai();
    for _ in 0..5 {
        ask(&provider, "m", "x").await.expect("an answer");
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_server_that_knows_no_usage_is_asked_without_from_then_on() {
    let (sender, requests) = mpsc::channel();
    let sender = Mutex::new(sender);
    let stream = [&content("yes"), &finish("stop"), DONE].concat();
    let server = RawServer::start(move |_, connection| {
        while let Some(request) = connection.request() {
            let asks = request.contains("stream_options");
            sender.lock().unwrap().send(asks).unwrap();
            connection.send(if asks {
                let body = "{\"detail\":[{\"loc\":[\"body\",\"stream_options\"],\"msg\":\"stream_options: extra fields not permitted\"}]}";
                response("422 Unprocessable Entity", "application/json", body)
            } else {
                response("200 OK", "text/event-stream", &stream)
            });
        }
    });
    let provider = server.openai();
    for _ in 0..2 {
        assert_eq!(ask(&provider, "m", "x").await.expect("an answer").content, "yes");
    }
    drop((provider, server));
    assert_eq!(requests.try_iter().collect::<Vec<_>>(), [true, false, false]);
}

#[tokio::test]
async fn models_are_listed_in_each_shape_with_the_context_they_are_served_with() {
    let known = |name: &str, context_length| ModelFacts {
        name: name.into(),
        context_length,
        ..ModelFacts::default()
    };
    for (body, expected) in [
        (
            json!({ "object": "list", "data": [{ "id": "a", "object": "model", "max_model_len": 4096 }, { "id": "b" }] }),
            vec![known("a", Some(4096)), known("b", None)],
        ),
        (json!([{ "id": "a", "context_length": 8192 }]), vec![known("a", Some(8192))]),
        (json!({ "models": [{ "name": "a" }] }), vec![known("a", None)]),
        (json!({ "data": [] }), vec![]),
    ] {
        let body = body.to_string();
        let server = RawServer::start(move |_, connection| {
            while let Some(request) = connection.request() {
                assert!(request.starts_with("GET /v1/models "), "{request}");
                connection.send(response("200 OK", "application/json", &body));
            }
        });
        let provider = server.openai();
        assert_eq!(provider.models().await.expect("models"), expected);
        assert_eq!(provider.version().await, Ok(None));
        assert_eq!(provider.show("a").await.is_ok(), !expected.is_empty());
        let missing = provider.show("no-such-model").await.expect_err("missing");
        assert_eq!(missing.kind, llm::CallErrorKind::ModelMissing);
    }
}

#[tokio::test]
async fn an_answer_costs_what_its_tokens_cost() {
    let server = RawServer::streaming([&content("yes"), &finish("stop"), USAGE, DONE].concat(), 10_000);
    let mut settings = openai_at(&server.url);
    settings.prices = vec![ModelPrice {
        model: "m".into(),
        prompt_usd: "0.15".parse().unwrap(),
        completion_usd: "0.6".parse().unwrap(),
    }];
    let provider = guarded(settings);
    let messages = [Message::text(Role::User, "x")];
    let parameters = parameters(json!({}));
    for (model, cost) in [("m", Some(NanoDollars(3 * 150 + 2 * 600))), ("n", None)] {
        let request = ChatRequest { model, messages: &messages, parameters: &parameters, seed: None };
        let call = provider.chat(&request, &CancellationToken::new()).await;
        assert_eq!(call.result.expect("an answer").cost, cost, "{model}");
    }
}

#[tokio::test]
async fn the_context_that_ollama_would_load_a_model_with_says_nothing_here() {
    let server = RawServer::streaming([&content("yes"), &finish("stop"), DONE].concat(), 10_000);
    let provider = guarded(openai_at(&server.url));
    let (messages, parameters) = ([Message::text(Role::User, "x")], parameters(json!({ "num_ctx": 16 })));
    let cancel = CancellationToken::new();
    provider.load("m", &parameters, &cancel).await.expect("nothing to do");
    let request = ChatRequest { model: "m", messages: &messages, parameters: &parameters, seed: None };
    assert_eq!(provider.chat(&request, &cancel).await.facts.loaded_context, None);
    assert_eq!(server.connections(), 1);
}
