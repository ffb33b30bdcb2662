//! What people and the worker do at the same time: nothing is lost, nothing runs round in circles.

use fake_ollama::{Change, Counters, Fault, Model, Options};
use llm::Latency;
use serde_json::{Value, json};
use testkit::TestServer;

const LLAMA: &str = "ollama/llama3.2:latest";

fn content() -> Value {
    json!({
        "kind": "text",
        "messages": [{ "role": "user", "content": [{ "type": "text", "text": "Repeat after me: {{ word }}" }] }],
        "variables": [{ "name": "word", "type": "text", "required": true }],
    })
}

/// Cases that are asked, after so many that lack their variable: those end in an error and are not asked.
async fn card_with_cases(server: &TestServer, slug: &str, wrong: usize, right: usize) {
    let card = server.actor.card(slug, &content()).await;
    let mut cases = vec![json!({ "variables": {} }); wrong];
    cases.extend((0..right).map(|number| json!({ "variables": { "word": format!("word {number}") } })));
    server.actor.cases(&card, &cases).await;
}

fn path(run: &Value, action: &str) -> String {
    format!("W/runs/{}/{action}", run["id"].as_str().unwrap())
}

#[tokio::test]
async fn a_run_that_finished_while_it_was_paused_is_retried() {
    let server = TestServer::start().await;
    card_with_cases(&server, "echo", 1, 4).await;
    server.ollama.fail(Fault::HangBefore);
    let run = server.actor.start("echo", &[LLAMA], 1).await;
    server.ollama.wait_until(|counters| counters.hanging == 4).await;
    server.actor.post(&path(&run, "pause"), &json!({})).await.expect(200);
    server.ollama.recover();
    let run = server.actor.finish(&run).await;
    assert_eq!((&run["state"], &run["counts"]["error"]), (&json!("finished"), &json!(1)));
    let mut events = server.actor.follow(&run, run["event_number"].as_i64().unwrap()).await;
    server.actor.post(&path(&run, "retry-errors"), &json!({})).await.expect(200);
    while events.next().await.unwrap().name != "run_finished" {}
    assert_eq!(server.ollama.counters().calls, 4);
    server.stop().await;
}

#[tokio::test]
async fn runs_that_come_and_go_do_not_have_models_loaded_again() {
    let models = [LLAMA, "ollama/qwen3:8b", "ollama/gemma3:4b"];
    let offered = models.map(|model| Model::named(model.strip_prefix("ollama/").unwrap()));
    let options = Options { models: offered.to_vec(), ..Options::default() };
    let server = TestServer::start_with(options, |_| {}).await;
    card_with_cases(&server, "echo", 0, 6).await;
    card_with_cases(&server, "other", 0, 1).await;
    let run = server.actor.start("echo", &models, 1).await;
    let of_third = |counters: &Counters| counters.models["gemma3:4b"].calls;
    server.ollama.change(&Change { latency_ms: Some(50), ..Change::default() });
    server.ollama.wait_until(|counters| of_third(counters) >= 1).await;
    server.ollama.fail(Fault::HangBefore);
    server.ollama.wait_until(|counters| counters.hanging >= 1).await;
    let other = server.actor.start("other", &[models[2]], 1).await;
    server.actor.post(&path(&other, "pause"), &json!({})).await.expect(200);
    server.actor.post(&path(&other, "resume"), &json!({})).await.expect(200);
    server.ollama.recover();
    server.actor.finish(&run).await;
    server.actor.finish(&other).await;
    let loads = server.ollama.counters().models;
    for model in models {
        let name = model.strip_prefix("ollama/").unwrap();
        assert_eq!(loads[name].loads, 1, "{name}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_provider_with_many_cells_leaves_the_others_their_share() {
    let server = TestServer::start_with(Options::default(), |config| {
        let simulated = config.providers.0.iter_mut().find(|provider| provider.name == "simulated").unwrap();
        simulated.concurrency = Some(50);
        // They do not end all at once, so that each slot finds a next cell.
        simulated.latency = Some(Latency { min_ms: 50, max_ms: 450 });
    })
    .await;
    card_with_cases(&server, "many", 0, 2_000).await;
    card_with_cases(&server, "few", 0, 8).await;
    let many = server.actor.start("many", &["simulated/simulated-large"], 1).await;
    let mut events = server.actor.follow(&many, 0).await;
    while events.next().await.unwrap().name != "cell_finished" {}
    server.ollama.fail(Fault::HangBefore);
    let few = server.actor.start("few", &[LLAMA], 1).await;
    server.ollama.wait_until(|counters| counters.hanging == 4).await;
    let open = server.actor.run(&many).await["counts"]["open"].as_i64().unwrap();
    assert!(open > 1_000, "the other run waited until only {open} cells were left");
    server.ollama.recover();
    server.actor.finish(&few).await;
    server.actor.post(&path(&many, "cancel"), &json!({})).await.expect(200);
    server.stop().await;
}
