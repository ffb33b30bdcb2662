//! What is counted.

use std::collections::BTreeSet;

use fake_ollama::{Change, Counters, FakeOllama, Fault, Options};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::client::{ask, chat, client, get, post, start, stream};

#[tokio::test]
async fn calls_in_flight_are_counted_exactly() {
    let server = start();
    server.fail(Fault::HangBefore);
    let mut calls = JoinSet::new();
    let (client, url) = (client(), format!("{}/api/chat", server.url()));
    for _ in 0..300 {
        let request = client.post(&url).json(&chat("llama3.2", "echo: done", &json!({})));
        calls.spawn(async move { request.send().await?.text().await });
    }
    let counters = server.wait_until(|now| now.hanging == 300).await;
    assert_eq!((counters.calls, counters.in_flight, counters.most_in_flight), (300, 300, 300));
    server.recover();
    while let Some(answer) = calls.join_next().await {
        assert!(answer.unwrap().unwrap().contains("\"done\":true"));
    }
    let counters = server.wait_until(|now| now.in_flight == 0).await;
    assert_eq!((counters.most_in_flight, counters.hanging, counters.aborted), (300, 0, 0));
    assert_eq!(counters.models["llama3.2:latest"].calls, 300);
}

#[tokio::test]
async fn an_answered_call_is_no_longer_in_flight() {
    let server = start();
    for round in 0..50 {
        stream(&server, &chat("llama3.2", "echo: hi", &json!({ "stream": round % 2 == 0 }))).await;
        let counters = server.counters();
        assert_eq!((counters.in_flight, counters.aborted), (0, 0), "round {round}");
    }
    assert_eq!(server.counters().most_in_flight, 1);
}

#[tokio::test]
async fn a_client_that_goes_away_is_counted() {
    let server = start();
    server.fail(Fault::HangInStream { after_tokens: 1 });
    let response = post(&server, "/api/chat", &chat("llama3.2", "echo: one two", &json!({}))).await.unwrap();
    server.wait_until(|now| now.hanging == 1).await;
    drop(response);
    let counters = server.wait_until(|now| now.in_flight == 0).await;
    assert_eq!((counters.aborted, counters.hanging), (1, 0));

    server.fail(Fault::HangBefore);
    let body = chat("llama3.2", "echo: one two", &json!({}));
    tokio::select! {
        _ = post(&server, "/api/chat", &body) => unreachable!("the server hangs"),
        _ = server.wait_until(|now| now.hanging == 1) => {}
    }
    assert_eq!(server.wait_until(|now| now.in_flight == 0).await.aborted, 2);
}

async fn loads_after(server: &FakeOllama, model: &str, extra: Value) -> u64 {
    ask(server, model, "Hi", &extra).await;
    server.counters().loads
}

#[tokio::test]
async fn switching_models_costs_a_load() {
    let server = start();
    assert_eq!(loads_after(&server, "llama3.2", json!({})).await, 1);
    assert_eq!(loads_after(&server, "llama3.2", json!({})).await, 1);
    assert_eq!(loads_after(&server, "qwen3:8b", json!({})).await, 2);
    assert_eq!(loads_after(&server, "llama3.2", json!({})).await, 3);
    assert_eq!(loads_after(&server, "llama3.2", json!({ "options": { "num_ctx": 8192 } })).await, 4);
    assert_eq!(loads_after(&server, "llama3.2", json!({ "keep_alive": 0 })).await, 5);
    assert_eq!(loads_after(&server, "llama3.2", json!({})).await, 6, "keep_alive 0 unloaded it");
    post(&server, "/api/generate", &json!({ "model": "qwen3:8b" })).await.unwrap();
    assert_eq!(loads_after(&server, "qwen3:8b", json!({})).await, 7, "loaded before its first call");
    assert_eq!(server.counters().models["qwen3:8b"].loads, 2);
    assert_eq!(server.counters().calls, 8, "loading is no call");

    let server = FakeOllama::start(Options { loaded_models: 2, ..Options::default() }).unwrap();
    for model in ["llama3.2", "qwen3:8b", "llama3.2", "qwen3:8b"] {
        ask(&server, model, "Hi", &json!({})).await;
    }
    assert_eq!(server.counters().loads, 2, "both fit");
}

#[tokio::test]
async fn the_control_endpoint_reads_and_sets_all() {
    let server = start();
    ask(&server, "llama3.2", "Hi", &json!({})).await;
    let state: Value = get(&server, "/control").await.json().await.unwrap();
    let counters: Counters = serde_json::from_value(state["counters"].clone()).unwrap();
    assert_eq!(counters, server.counters());
    let settings: BTreeSet<&str> =
        state["settings"].as_object().unwrap().keys().map(String::as_str).collect();

    let change = json!({
        "latency_ms": 1, "load_ms": 2, "tokens_per_second": 3000, "error_rate": 0.5, "pull_ms": 3,
        "context_length": 100, "fault": { "status": { "code": 503, "retry_after_s": 2 } }, "fail_next": 4,
        "fail_every": 2, "fail_share": 0.25, "fail_model": "llama3.2", "fault_on": "everything",
    });
    assert_eq!(settings, change.as_object().unwrap().keys().map(String::as_str).collect());
    let url = format!("{}/control", server.url());
    let state: Value = client().patch(&url).json(&change).send().await.unwrap().json().await.unwrap();
    assert_eq!(state["settings"], change);
    let state: Value = client()
        .post(&url)
        .json(&json!({ "recover": true, "reset_counters": true }))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(state["settings"]["fault"], Value::Null);
    assert_eq!(state["counters"]["calls"], 0);

    for (bad, says) in [
        (json!({ "latency": 5 }), "unknown field `latency`"),
        (json!({ "error_rate": 2 }), "2 is not between 0 and 1"),
        (json!({ "fault": "explode" }), "there is no fault explode; there are refuse, reset"),
    ] {
        let refused = client().patch(&url).json(&bad).send().await.unwrap();
        assert_eq!(refused.status(), 400);
        let refused: Value = refused.json().await.unwrap();
        assert!(refused["error"].as_str().unwrap().contains(says), "{refused}");
    }
    assert_eq!(server.settings().latency_ms, 1, "a refused change changes nothing");
}

#[tokio::test]
async fn a_reset_keeps_what_is_in_flight() {
    let server = start();
    server.fail_next(1, Fault::HangBefore);
    let body = chat("llama3.2", "echo: hi", &json!({}));
    let (answer, ()) = tokio::join!(stream(&server, &body), async {
        server.wait_until(|now| now.hanging == 1).await;
        server.change(&Change { reset_counters: true, ..Change::default() });
        let counters = server.counters();
        assert_eq!((counters.calls, counters.in_flight, counters.most_in_flight), (0, 1, 1));
        server.recover();
    });
    assert_eq!(answer.content(), "hi");
    assert_eq!(server.counters().in_flight, 0);
}

#[tokio::test]
async fn a_dropped_server_stops_and_its_port_can_be_taken_again() {
    let server = start();
    let address = server.address();
    let taken = FakeOllama::start(Options { listen: address, ..Options::default() }).unwrap_err();
    assert!(taken.to_string().starts_with(&format!("cannot listen on {address}")), "{taken}");
    server.stop().await;
    let url = format!("http://{address}");
    assert!(client().get(&url).send().await.unwrap_err().is_connect());
    let again = FakeOllama::start(Options { listen: address, ..Options::default() }).unwrap();
    assert_eq!(client().get(again.url()).send().await.unwrap().text().await.unwrap(), "Ollama is running");
}
