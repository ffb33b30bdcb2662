//! How many model calls are under way at once, seen by the model server.

use fake_ollama::{Change, Fault, Options};
use llm::{ProviderKind, ProviderSettings};
use serde_json::{Value, json};
use testkit::TestServer;

fn content() -> Value {
    json!({
        "kind": "text",
        "messages": [{ "role": "user", "content": [{ "type": "text", "text": "Repeat after me: {{ word }}" }] }],
        "variables": [{ "name": "word", "type": "text", "required": true }],
    })
}

async fn card_with_cases(server: &TestServer, cases: usize) {
    let card = server.actor.card("echo", &content()).await;
    let cases: Vec<Value> =
        (0..cases).map(|number| json!({ "variables": { "word": format!("word {number}") } })).collect();
    server.actor.cases(&card, &cases).await;
}

#[tokio::test]
async fn a_provider_is_given_as_many_calls_as_its_limit_and_never_more() {
    let server = TestServer::start().await;
    card_with_cases(&server, 30).await;
    server.ollama.fail(Fault::HangBefore);
    let run = server.actor.start("echo", &["ollama/llama3.2:latest"], 1).await;
    server.ollama.wait_until(|counters| counters.hanging == 4).await;
    server.ollama.recover();
    let run = server.actor.finish(&run).await;
    assert_eq!(run["counts"]["unjudged"], 30, "{run:#}");
    assert_eq!(server.ollama.counters().most_in_flight, 4);
    server.stop().await;
}

#[tokio::test]
async fn fifty_calls_are_under_way_in_all_and_the_next_waits() {
    let server = TestServer::start_with(Options::default(), |config| {
        let base_url = config.providers.0[0].base_url.clone();
        for (name, concurrency) in [("one", 30), ("two", 30)] {
            let mut provider = ProviderSettings::new(name, ProviderKind::Ollama);
            provider.base_url.clone_from(&base_url);
            provider.concurrency = Some(concurrency);
            config.providers.0.push(provider);
        }
    })
    .await;
    card_with_cases(&server, 60).await;
    server.ollama.fail(Fault::HangBefore);
    let run = server.actor.start("echo", &["one/llama3.2:latest", "two/llama3.2:latest"], 1).await;
    server.ollama.wait_until(|counters| counters.hanging == 50).await;
    server.ollama.recover();
    let run = server.actor.finish(&run).await;
    assert_eq!(run["counts"]["unjudged"], 120);
    assert_eq!(server.ollama.counters().most_in_flight, 50);
    server.stop().await;
}

#[tokio::test]
async fn each_model_is_loaded_once_however_the_cells_are_asked_for() {
    let server = TestServer::start().await;
    card_with_cases(&server, 25).await;
    let models = ["ollama/llama3.2:latest", "ollama/qwen3:8b"];
    let run = server.actor.start("echo", &models, 2).await;
    server.actor.finish(&run).await;
    let counters = server.ollama.counters();
    let loads: u64 = counters.models.values().map(|model| model.loads).sum();
    assert_eq!((counters.calls, loads), (100, 2));
    server.stop().await;
}

#[tokio::test]
async fn a_cancel_aborts_the_calls_and_keeps_what_had_finished() {
    let server = TestServer::start().await;
    card_with_cases(&server, 30).await;
    server
        .ollama
        .change(&Change { fault: Some(Fault::HangInStream { after_tokens: 1 }), ..Change::default() });
    let run = server.actor.start("echo", &["ollama/llama3.2:latest"], 1).await;
    server.ollama.wait_until(|counters| counters.hanging == 4).await;
    let path = format!("W/runs/{}/cancel", run["id"].as_str().unwrap());
    let cancelled = server.actor.post(&path, &json!({})).await.expect(200);
    assert_eq!((&cancelled["state"], &cancelled["counts"]["cancelled"]), (&json!("cancelled"), &json!(30)));
    server.ollama.wait_until(|counters| counters.aborted == 4).await;
    server.actor.post(&path, &json!({})).await.expect_problem(409, "wrong_state");
    server.stop().await;
}

#[tokio::test]
async fn a_paused_run_begins_no_cell_until_it_is_resumed() {
    let server = TestServer::start().await;
    card_with_cases(&server, 30).await;
    server.ollama.fail(Fault::HangBefore);
    let run = server.actor.start("echo", &["ollama/llama3.2:latest"], 1).await;
    server.ollama.wait_until(|counters| counters.hanging == 4).await;
    let path = |action: &str| format!("W/runs/{}/{action}", run["id"].as_str().unwrap());
    server.actor.post(&path("pause"), &json!({})).await.expect(200);
    let mut events = server.actor.follow(&run, 0).await;
    server.ollama.recover();
    let mut finished = 0;
    while finished < 4 {
        finished += usize::from(events.next().await.unwrap().name == "cell_finished");
    }
    let paused = server.actor.run(&run).await;
    assert_eq!((&paused["state"], &paused["counts"]["open"]), (&json!("paused"), &json!(26)));
    assert_eq!(server.ollama.counters().calls, 4);
    server.actor.post(&path("resume"), &json!({})).await.expect(200);
    let run = server.actor.finish(&run).await;
    assert_eq!((&run["state"], server.ollama.counters().calls), (&json!("finished"), 30));
    server.stop().await;
}

#[tokio::test]
async fn only_errors_are_asked_again() {
    let server = TestServer::start_with(Options::default(), |config| {
        config.providers.0[0].attempts = 1;
        config.providers.0[0].breaker.failures = 4;
    })
    .await;
    card_with_cases(&server, 10).await;
    server.ollama.fail_next(3, Fault::CutInStream { after_tokens: 1 });
    let run = server.actor.start("echo", &["ollama/llama3.2:latest"], 1).await;
    let run = server.actor.finish(&run).await;
    assert_eq!((&run["counts"]["error"], &run["counts"]["unjudged"]), (&json!(3), &json!(7)));
    let after = run["event_number"].as_i64().unwrap();
    let path = format!("W/runs/{}/retry-errors", run["id"].as_str().unwrap());
    server.actor.post(&path, &json!({})).await.expect(200);
    let mut events = server.actor.follow(&run, after).await;
    let mut names = Vec::new();
    while names.last().is_none_or(|name| name != "run_finished") {
        names.push(events.next().await.unwrap().name);
    }
    assert_eq!(names, ["run_resumed", "cell_finished", "cell_finished", "cell_finished", "run_finished"]);
    let run = server.actor.run(&run).await;
    assert_eq!((&run["counts"]["error"], &run["counts"]["unjudged"]), (&json!(0), &json!(10)));
    assert_eq!(server.ollama.counters().calls, 13);
    server.stop().await;
}
