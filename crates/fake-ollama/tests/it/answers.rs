//! What is answered, and what cuts it short.

use std::io::Write as _;

use fake_ollama::{Change, Error, FakeOllama, Model, Options};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::client::{ask, chat, get, post, start, stream};

fn options(options: &Value) -> Value {
    json!({ "options": options })
}

#[tokio::test]
async fn a_stream_says_what_the_whole_answer_says() {
    let server = start();
    for (model, prompt) in
        [("llama3.2", "Write a story about a lost key"), ("qwen3:8b", "Zebras, 日本語 and rain")]
    {
        let whole = ask(&server, model, prompt, &json!({})).await;
        let streamed = stream(&server, &chat(model, prompt, &json!({}))).await;
        let lines = streamed.values();
        let (done, tokens) = lines.split_last().unwrap();
        assert_eq!(whole["message"]["content"], streamed.content());
        let thinking: String =
            tokens.iter().filter_map(|line| line["message"]["thinking"].as_str()).collect();
        assert_eq!(whole["message"]["thinking"].as_str().unwrap_or_default(), thinking);
        assert_eq!(done["eval_count"], tokens.len(), "one line a token");
        assert_eq!(done["eval_count"], whole["eval_count"]);
    }
}

#[tokio::test]
async fn seed_model_and_prompt_decide_the_answer() {
    let prompt = "Umbrellas in the rain";
    let say = async |server_seed: u64, model: &str, seed: u64| {
        let server = FakeOllama::start(Options { seed: server_seed, ..Options::default() }).unwrap();
        let extra = json!({ "think": false, "options": { "seed": seed } });
        ask(&server, model, prompt, &extra).await["message"]["content"].clone()
    };
    let first = say(1, "llama3.2", 0).await;
    assert_eq!(first, say(1, "llama3.2:latest", 0).await);
    assert_ne!(first, say(2, "llama3.2", 0).await);
    assert_ne!(first, say(1, "llama3.2", 7).await);
    assert_ne!(first, say(1, "qwen3:8b", 0).await);
}

#[tokio::test]
async fn thinking_uses_up_a_small_budget() {
    let server = start();
    let answer = ask(&server, "qwen3:8b", "What is 12 + 30?", &options(&json!({ "num_predict": 8 }))).await;
    assert_eq!(answer["message"]["content"], "");
    assert_ne!(answer["message"]["thinking"], Value::Null);
    assert_eq!((&answer["done_reason"], &answer["eval_count"]), (&json!("length"), &json!(8)));

    let answer = ask(&server, "qwen3:8b", "What is 12 + 30?", &json!({ "think": false })).await;
    assert_eq!(answer["message"], json!({ "role": "assistant", "content": "42" }));
    assert_eq!(answer["done_reason"], "stop");
}

#[tokio::test]
async fn a_long_prompt_loses_its_beginning_in_silence() {
    let server = start();
    let prompt = format!("echo: {}the end", "word ".repeat(200));
    let answer = ask(&server, "llama3.2", &prompt, &options(&json!({ "num_ctx": 64 }))).await;
    assert_eq!(answer["prompt_eval_count"], 64);
    assert_eq!(answer["done_reason"], "stop");
    assert!(
        !answer["message"]["content"].as_str().unwrap().starts_with("word"),
        "the echo was cut off: {answer}"
    );
    let loaded: Value = get(&server, "/api/ps").await.json().await.unwrap();
    assert_eq!(loaded["models"][0]["context_length"], 64);

    let answer = ask(&server, "llama3.2", &prompt, &json!({})).await;
    assert!(answer["prompt_eval_count"].as_u64().unwrap() > 200);
    server.change(&Change { context_length: Some(100), ..Change::default() });
    let answer = ask(&server, "llama3.2", &prompt, &json!({})).await;
    assert_eq!(answer["prompt_eval_count"], 100);
}

#[tokio::test]
async fn a_stop_sequence_ends_the_answer() {
    let server = start();
    let extra = options(&json!({ "stop": ["END", "three"] }));
    let answer = ask(&server, "llama3.2", "echo: one two three END", &extra).await;
    assert_eq!(answer["message"]["content"], "one two ");
    assert_eq!(answer["done_reason"], "stop");
}

#[tokio::test]
async fn a_format_gets_json_of_its_shape() {
    let server = start();
    let schema =
        json!({ "type": "object", "properties": { "sum": { "type": "integer" } }, "required": ["sum"] });
    let answer = ask(&server, "llama3.2", "What is 12 + 30?", &json!({ "format": schema })).await;
    assert_eq!(answer["message"]["content"], r#"{"sum":42}"#);
    let answer = ask(&server, "llama3.2", "What is 12 + 30?", &json!({ "format": "json" })).await;
    assert_eq!(answer["message"]["content"], r#"{"answer":"42"}"#);
}

#[tokio::test]
async fn recorded_answers_are_said_again() {
    let path = std::env::temp_dir().join(format!("fake-ollama-{}.jsonl", std::process::id()));
    let mut file = std::fs::File::create(&path).unwrap();
    writeln!(file, "{}", json!({ "model": "first", "prompt": "Q1", "response": "A: 1,\n\"one\"" })).unwrap();
    writeln!(file, "\n{}", json!({ "model": "second:7b", "prompt": "Q1", "response": "A: 2" })).unwrap();
    let models = vec![Model::named("first"), Model::named("second:7b")];
    let start = || {
        FakeOllama::start(Options {
            models: models.clone(),
            recorded: Some(path.clone()),
            ..Options::default()
        })
    };
    let server = start().unwrap();
    assert_eq!(ask(&server, "first", "Q1", &json!({})).await["message"]["content"], "A: 1,\n\"one\"");
    assert_eq!(ask(&server, "second:7b", "Q1", &json!({})).await["message"]["content"], "A: 2");
    let messages = json!([{ "role": "user", "content": "Q0" }, { "role": "user", "content": "Q1" }, { "role": "assistant", "content": "…" }]);
    let later = json!({ "messages": messages });
    assert_eq!(ask(&server, "first", "", &later).await["message"]["content"], "A: 1,\n\"one\"");
    let missing = post(&server, "/api/chat", &chat("first", "Q2", &json!({}))).await.unwrap();
    assert_eq!(missing.status(), 404);
    let missing: Value = missing.json().await.unwrap();
    assert!(
        missing["error"].as_str().unwrap().starts_with("no recorded answer of 'first:latest' to this prompt")
    );

    writeln!(file, "{{\"model\": \"first\"}}").unwrap();
    let refused = start().unwrap_err();
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(refused, Error::Recorded { line: 4, .. }), "{refused}");
    assert!(matches!(start().unwrap_err(), Error::ReadRecorded { .. }));
}

#[tokio::test]
async fn the_seed_decides_which_calls_fail() {
    let failures = async |seed: u64| {
        let server = FakeOllama::start(Options { seed, ..Options::default() }).unwrap();
        server.change(&Change { error_rate: Some(0.3), ..Change::default() });
        let mut failed = Vec::new();
        for call in 0..60 {
            if ask(&server, "llama3.2", "Hi", &json!({})).await["error"] != Value::Null {
                failed.push(call);
            }
        }
        assert_eq!(server.counters().failed, failed.len() as u64);
        failed
    };
    let first = failures(1).await;
    assert!((6..=30).contains(&first.len()), "about 18 of 60: {first:?}");
    assert_eq!(first, failures(1).await);
    assert_ne!(first, failures(2).await);
}

#[tokio::test]
async fn latency_and_pace_are_kept_and_reported() {
    let server = start();
    let change =
        Change { latency_ms: Some(40), load_ms: Some(20), tokens_per_second: Some(200), ..Change::default() };
    server.change(&change);
    for streamed in [true, false] {
        let begun = Instant::now();
        let body =
            chat("llama3.2", "echo: a b c d e f g h i j", &json!({ "stream": streamed, "keep_alive": 0 }));
        let answer = stream(&server, &body).await;
        let took = begun.elapsed().as_millis();
        assert!(took >= 110, "20 ms to load, 40 ms to the first token and 10 tokens of 5 ms took {took} ms");
        let done = answer.values().pop().unwrap();
        assert_eq!(done["load_duration"], 20_000_000);
        assert_eq!(done["prompt_eval_duration"], 40_000_000);
        assert_eq!(done["eval_duration"], 50_000_000);
        assert_eq!(done["total_duration"], 110_000_000);
    }
}
