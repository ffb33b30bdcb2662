//! The response cache and what an assertion asks of the call itself: its time, its cost, its tools.

use domain::cost::NanoDollars;
use llm::{ModelPrice, ProviderKind};
use promptcards::Config;
use serde_json::{Value, json};
use testkit::{Actor, TestServer};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use fake_ollama::Options;

use crate::cache::{run, taken};

/// Adds a card `words` with cases of these assertions.
async fn card(actor: &Actor, assertions: &[Value]) {
    let content = json!({
        "kind": "text",
        "messages": [{ "role": "user", "content": [{ "type": "text", "text": "Say {{ word }}." }] }],
        "variables": [{ "name": "word", "type": "text", "required": true }],
    });
    let card = actor.card("words", &content).await;
    let cases: Vec<Value> = (0..)
        .zip(assertions)
        .map(
            |(number, list)| json!({ "variables": { "word": format!("word {number}") }, "assertions": list }),
        )
        .collect();
    actor.cases(&card, &cases).await;
}

async fn cell(actor: &Actor, run: &Value, position: usize) -> Value {
    actor.get(&format!("W/runs/{}/cells/{position}", run["id"].as_str().unwrap())).await.expect(200)
}

/// A million tokens of prompt for a dollar, of answer for two.
fn with_prices(config: &mut Config) {
    let ollama =
        config.providers.0.iter_mut().find(|provider| provider.kind == ProviderKind::Ollama).unwrap();
    ollama.prices = vec![ModelPrice {
        model: "llama3.2:latest".to_owned(),
        prompt_usd: "1".parse().unwrap(),
        completion_usd: "2".parse().unwrap(),
    }];
}

fn nanos(cost: &Value) -> i64 {
    let cost: NanoDollars = serde_json::from_value(cost.clone()).unwrap();
    cost.0
}

#[tokio::test]
async fn a_case_with_a_limit_of_time_is_asked_anew() {
    let server = TestServer::start().await;
    let latency = json!({ "type": "latency", "threshold": 60_000 });
    let shown = json!({ "type": "latency", "threshold": 60_000, "weight": 0 });
    card(
        &server.actor,
        &[
            json!([{ "type": "contains", "value": "word 0" }]),
            json!([latency]),
            json!([{ "type": "not-latency", "threshold": 0 }]),
            json!([{ "type": "assert-set", "assert": [{ "type": "contains", "value": "word" }, latency] }]),
            json!([{ "type": "contains", "value": "word" }, shown]),
        ],
    )
    .await;
    let first = run(&server.actor, json!({})).await;
    let second = run(&server.actor, json!({})).await;
    assert_eq!(server.ollama.counters().calls, 5 + 4);
    assert_eq!(taken(&server.actor, &second).await, [true, false, false, false, false]);
    assert_eq!((&first["counts"]["error"], &second["counts"]["error"]), (&json!(0), &json!(0)));
    for cell in &server.actor.cells(&second).await[1..] {
        assert!(cell["latency_ms"].is_i64(), "the time is that of a call of this run: {cell:#}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_cached_answer_costs_what_its_call_cost_and_its_run_nothing() {
    let server = TestServer::start_with(Options::default(), with_prices).await;
    card(
        &server.actor,
        &[
            json!([{ "type": "cost", "threshold": 1 }]),
            json!([{ "type": "cost", "threshold": 0.000_000_001 }]),
            json!([{ "type": "assert-set", "assert": [{ "type": "not-cost", "threshold": 0.000_000_001 }] }]),
            json!([]),
        ],
    )
    .await;
    let first = run(&server.actor, json!({})).await;
    let second = run(&server.actor, json!({})).await;
    let third = run(&server.actor, json!({})).await;
    assert_eq!(server.ollama.counters().calls, 4, "{:#}", first["counts"]);
    let mut sum = 0;
    for position in 0..4 {
        let asked = cell(&server.actor, &first, position).await;
        let cost = nanos(&asked["result"]["cost_usd"]);
        let usage = &asked["result"]["usage"];
        let tokens = |kind: &str| usage[kind].as_i64().unwrap();
        assert_eq!(cost, 1_000 * tokens("prompt_tokens") + 2_000 * tokens("completion_tokens"));
        assert_eq!(asked["summary"]["cost_usd"], asked["result"]["cost_usd"]);
        sum += cost;
        for later in [&second, &third] {
            let cached = cell(&server.actor, later, position).await;
            assert_eq!(
                (&cached["summary"]["cached"], &cached["summary"]["cost_usd"]),
                (&json!(true), &json!("0"))
            );
            assert_eq!(cached["result"]["cost_usd"], asked["result"]["cost_usd"]);
            assert_eq!(cached["outcomes"], asked["outcomes"], "judged by the call that brought it");
            assert_eq!(cached["result"]["server"], asked["result"]["server"]);
        }
    }
    assert_eq!((&first["counts"]["pass"], &first["counts"]["fail"]), (&json!(2), &json!(1)));
    assert_eq!((nanos(&first["columns"][0]["cost_usd"]), nanos(&second["columns"][0]["cost_usd"])), (sum, 0));
    server.stop().await;
}

#[tokio::test]
async fn an_answer_whose_cost_is_not_known_is_asked_anew_for_its_cost() {
    let server = TestServer::start().await;
    card(&server.actor, &[json!([]), json!([])]).await;
    let unpriced = run(&server.actor, json!({})).await;
    assert_eq!(unpriced["columns"][0]["cost_usd"], Value::Null);
    let suite = server.actor.get("W/cards/words").await.expect(200)["suite_id"].as_str().unwrap().to_owned();
    let same_prompt = json!({
        "items": [{ "variables": { "word": "word 0" }, "assertions": [{ "type": "cost", "threshold": 1 }] }],
    });
    server.actor.post(&format!("W/suites/{suite}/cases/import"), &same_prompt).await.expect(201);

    let server = server.restart(with_prices).await;
    let priced = run(&server.actor, json!({})).await;
    assert_eq!(taken(&server.actor, &priced).await, [true, true, false]);
    assert_eq!((&priced["counts"]["pass"], &priced["counts"]["error"]), (&json!(1), &json!(0)));
    let again = run(&server.actor, json!({})).await;
    assert_eq!(taken(&server.actor, &again).await, [true, true, true]);
    assert_eq!((&again["counts"]["pass"], &again["columns"][0]["cost_usd"]), (&json!(1), &json!("0")));
    server.stop().await;
}

/// A server of `OpenAI`'s protocol whose only model asks for a tool. Returns its address.
async fn tool_server() -> String {
    const ANSWER: &str = r#"data: {"choices":[{"index":0,"delta":{"role":"assistant","tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Oslo\"}"}}]},"finish_reason":null}]}

data: {"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}

data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":5}}

data: [DONE]

"#;
    const MODELS: &str = r#"{"object":"list","data":[{"id":"caller","object":"model"}]}"#;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/v1", listener.local_addr().unwrap());
    #[expect(clippy::disallowed_methods, reason = "it ends with the test's runtime")]
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut stream = BufReader::new(stream);
            let path = request(&mut stream).await;
            let (kind, body) = if path.ends_with("/models") {
                ("application/json", MODELS)
            } else {
                ("text/event-stream", ANSWER)
            };
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        }
    });
    address
}

/// Reads a request to its end and returns its path.
async fn request(stream: &mut BufReader<TcpStream>) -> String {
    let (mut path, mut length, mut line) = (String::new(), 0, String::new());
    while stream.read_line(&mut line).await.unwrap() > 2 {
        if path.is_empty() {
            path = line.split(' ').nth(1).unwrap().to_owned();
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        line.clear();
    }
    stream.read_exact(&mut vec![0; length]).await.unwrap();
    path
}

#[tokio::test]
async fn tools_are_kept_with_an_answer_and_come_back_from_the_cache() {
    let address = tool_server().await;
    let server = TestServer::start_with(Options::default(), |config| {
        let mut provider = llm::ProviderSettings::new("tools", ProviderKind::OpenAi);
        provider.base_url = Some(address.clone());
        config.providers.0.push(provider);
    })
    .await;
    card(&server.actor, &[json!([{ "type": "finish-reason", "value": "tool_calls" }])]).await;
    let models = json!({ "models": [{ "provider": "tools", "model": "caller" }] });
    let asked = run(&server.actor, models.clone()).await;
    let cached = run(&server.actor, models).await;
    assert_eq!((&asked["counts"]["pass"], &cached["counts"]["pass"]), (&json!(1), &json!(1)));
    assert_eq!(taken(&server.actor, &cached).await, [true]);
    for run in [&asked, &cached] {
        let result = cell(&server.actor, run, 0).await["result"].clone();
        let calls = json!([{ "id": "call_1", "name": "weather", "arguments": r#"{"city":"Oslo"}"# }]);
        assert_eq!((&result["tool_calls"], &result["output"]), (&calls, &json!("")));
        assert_eq!(result["server"].as_str(), Some(address.as_str()));
        assert_eq!(result["cost_usd"], Value::Null);
    }
    server.stop().await;
}
