//! Calls that go well.

use std::sync::Mutex;
use std::sync::mpsc;

use domain::card::{Message, ModelParameters, Role};
use fake_ollama::{Change, FakeOllama, Options};
use llm::answer::{OUTPUT_LIMIT, REPLACED, TRUNCATED};
use llm::watch::Watch;
use llm::{ChatRequest, Outbound, Provider};
use serde_json::{Value, json};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

use super::raw::{DONE, END, RawServer, STREAM, token};
use super::{ask, ollama_at, parameters};

fn fake() -> (FakeOllama, Provider) {
    let server = FakeOllama::start(Options::default()).expect("a server");
    let provider = Provider::new(&ollama_at(&server.url()), &Outbound::open()).expect("settings");
    (server, provider)
}

#[tokio::test]
async fn an_answer_comes_with_usage_and_timings() {
    let (server, provider) = fake();
    server.change(&Change { latency_ms: Some(30), ..Change::default() });
    let completion = ask(&provider, "llama3.2", "Say hello").await.expect("an answer");
    assert!(!completion.content.is_empty());
    assert_eq!(completion.finish_reason.as_deref(), Some("stop"));
    assert_eq!(completion.thinking, None);
    assert!(completion.usage.prompt_tokens.expect("counted") > 0);
    assert!(completion.usage.completion_tokens.expect("counted") > 0);
    let timings = completion.timings;
    assert!(timings.first_token_ms.expect("measured") >= 30, "{timings:?}");
    assert!(timings.total_ms >= timings.first_token_ms.expect("measured"), "{timings:?}");
    assert!(
        timings.load_ms.is_some()
            && timings.prompt_evaluation_ms.is_some()
            && timings.generation_ms.is_some()
    );
    assert_eq!(completion.notes, Vec::<String>::new());
}

#[tokio::test]
async fn thinking_stands_beside_the_content() {
    let (_server, provider) = fake();
    let completion = ask(&provider, "qwen3:8b", "Say hello").await.expect("an answer");
    let thinking = completion.thinking.expect("thoughts");
    assert!(!thinking.is_empty() && !completion.content.is_empty());
    assert!(!completion.content.contains(&thinking));
}

#[tokio::test]
async fn calls_one_after_the_other_share_a_connection() {
    let server = RawServer::start(|_, connection| {
        while connection.request().is_some() {
            connection.send([STREAM, "7b\r\n"].concat().replace("7b", &format!("{:x}", DONE.len())));
            connection.send([DONE, "\r\n", END].concat());
        }
    });
    let provider = server.provider();
    for _ in 0..5 {
        ask(&provider, "m", "x").await.expect("an answer");
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn the_request_is_what_the_caller_asked() {
    let (sender, requests) = mpsc::channel();
    let sender = Mutex::new(sender);
    let server = RawServer::start(move |_, connection| {
        sender.lock().unwrap().send(connection.request().unwrap()).unwrap();
        connection.send(STREAM);
        connection.chunk(DONE);
        connection.send(END);
    });
    let messages = [Message::text(Role::System, "Be \"brief\"."), Message::text(Role::User, "ä?")];
    let parameters =
        parameters(json!({"num_ctx": 4096, "seed": 1, "think": false, "options": {"min_p": 0.1}}));
    let request = ChatRequest { model: "m", messages: &messages, parameters: &parameters, seed: Some(5) };
    let cancel = CancellationToken::new();
    let mut watch = Watch::start(Duration::from_secs(30), Duration::from_secs(30), &cancel);
    server.provider().chat(&request, &mut watch).await.expect("an answer");
    let request = requests.recv().unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /api/chat HTTP/1.1\r\n"), "{head}");
    assert!(head.to_lowercase().contains("content-type: application/json"), "{head}");
    assert_eq!(
        serde_json::from_str::<Value>(body).unwrap(),
        json!({
            "model": "m",
            "messages": [{"role": "system", "content": "Be \"brief\"."}, {"role": "user", "content": "ä?"}],
            "stream": true,
            "think": false,
            "options": {"num_ctx": 4096, "seed": 5, "min_p": 0.1},
        })
    );
}

#[tokio::test]
async fn an_answer_is_the_same_however_its_bytes_are_cut() {
    let text = [&token("h\\u00e4 "), "\n", &token("\\\"ß\\\"\\n"), &token("🙂"), DONE.trim_end()].concat();
    for size in [1, 2, 3, 7, 50, 10_000] {
        let text = text.clone();
        let server = RawServer::start(move |_, connection| {
            connection.request();
            connection.send(STREAM);
            for chunk in text.as_bytes().chunks(size) {
                connection.chunk(chunk);
            }
            connection.send(END);
        });
        let completion = ask(&server.provider(), "m", "x").await.expect("an answer");
        assert_eq!(completion.content, "hä \"ß\"\n🙂", "{size}");
        assert_eq!(completion.usage.completion_tokens, Some(2), "{size}");
    }
}

#[tokio::test]
async fn http_1_0_without_a_length_is_read_to_its_end() {
    let server = RawServer::answering(["HTTP/1.0 200 OK\r\n\r\n", &token("yes"), DONE].concat());
    assert_eq!(ask(&server.provider(), "m", "x").await.expect("an answer").content, "yes");
}

#[tokio::test]
async fn a_body_that_does_not_end_after_its_last_line_holds_up_no_answer() {
    let server = RawServer::start(|_, connection| {
        connection.request();
        connection.send(STREAM);
        connection.chunk([&token("yes"), DONE].concat());
        connection.wait_for_close();
    });
    assert_eq!(ask(&server.provider(), "m", "x").await.expect("an answer").content, "yes");
}

#[tokio::test]
async fn what_cannot_be_stored_is_replaced_and_said() {
    let server = RawServer::answering([STREAM_TO_CLOSE, &token("a\\u0000b"), DONE].concat());
    let completion = ask(&server.provider(), "m", "x").await.expect("an answer");
    assert_eq!((completion.content.as_str(), &*completion.notes), ("a\u{fffd}b", &[REPLACED.to_owned()][..]));
}

#[tokio::test]
async fn an_output_beyond_the_limit_is_cut_and_said() {
    let line = token(&"ä".repeat(50_000));
    let server = RawServer::answering([STREAM_TO_CLOSE, &line.repeat(11), DONE].concat());
    let completion = ask(&server.provider(), "m", "x").await.expect("an answer");
    assert_eq!(completion.content.len(), OUTPUT_LIMIT);
    assert_eq!(completion.notes, [TRUNCATED]);
    assert_eq!(completion.usage.completion_tokens, Some(2));
}

/// The head of an answer that ends with its connection.
const STREAM_TO_CLOSE: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n\r\n";

#[tokio::test]
async fn a_format_is_passed_on() {
    let (_server, provider) = fake();
    let messages = [Message::text(Role::User, "Name a city")];
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]});
    let parameters = ModelParameters { format: Some(schema), ..ModelParameters::default() };
    let request =
        ChatRequest { model: "llama3.2", messages: &messages, parameters: &parameters, seed: Some(1) };
    let cancel = CancellationToken::new();
    let mut watch = Watch::start(Duration::from_secs(30), Duration::from_secs(30), &cancel);
    let completion = provider.chat(&request, &mut watch).await.expect("an answer");
    let answer: Value = serde_json::from_str(&completion.content).expect("JSON");
    assert!(answer["city"].is_string(), "{answer}");
}

#[tokio::test]
async fn numbers_that_no_server_can_mean_are_cut_to_what_can_be_added_up() {
    let line = format!(
        "{{\"message\":{{\"content\":\"hello\"}},\"done\":true,\"done_reason\":\"stop\",\"load_duration\":-5000000,\
         \"prompt_eval_count\":{0},\"eval_count\":{0},\"eval_duration\":{0}}}\n",
        i64::MAX
    );
    let server = RawServer::start(move |_, connection| {
        connection.request().unwrap();
        connection.send(STREAM);
        connection.chunk(&line);
        connection.send(END);
    });
    let completion = ask(&server.provider(), "m", "x").await.expect("an answer");
    let most = Some(1 << 40);
    assert_eq!((completion.usage.prompt_tokens, completion.usage.completion_tokens), (most, most));
    assert_eq!((completion.timings.load_ms, completion.timings.generation_ms), (None, most));
}
