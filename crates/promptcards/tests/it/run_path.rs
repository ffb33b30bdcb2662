//! The path that is sacred: a card, its cases, a run, every result stored and seen live.

use serde_json::{Value, json};
use testkit::TestServer;

fn content(template: &str) -> Value {
    json!({
        "kind": "text",
        "messages": [{ "role": "user", "content": [{ "type": "text", "text": template }] }],
        "variables": [{ "name": "x", "type": "text", "required": true }],
    })
}

#[tokio::test]
async fn a_card_runs_over_its_cases_and_every_result_is_stored_and_seen() {
    let server = TestServer::start().await;
    let actor = &server.actor;
    let card = actor.card("echo", &content("Repeat after me: {{ x }}")).await;
    let cases: Vec<Value> = ["alpha", "beta", "gamma"]
        .iter()
        .map(|word| json!({
            "variables": { "x": word },
            "assertions": [{ "type": "contains", "value": "a" }, { "type": "not-contains", "value": "gam" }],
        }))
        .collect();
    actor.cases(&card, &cases).await;

    let run = actor.start("echo", &["ollama/llama3.2:latest"], 2).await;
    let mut events = actor.follow(&run, 0).await;
    let mut seen = Vec::new();
    let mut names = Vec::new();
    while let Some(event) = events.next().await {
        names.push(event.name.clone());
        if event.name == "cell_finished" {
            seen.push(event.data["cell"].clone());
        }
        if event.name == "run_finished" {
            break;
        }
    }
    assert_eq!(names.first().map(String::as_str), Some("run_queued"));
    assert_eq!(names.get(1).map(String::as_str), Some("run_started"));

    let run = actor.run(&run).await;
    assert_eq!(run["state"], "finished");
    assert_eq!(run["counts"]["pass"], 4, "{run:#}");
    assert_eq!(run["counts"]["fail"], 2, "{run:#}");
    let mut cells = actor.cells(&run).await;
    seen.sort_by_key(|cell| cell["position"].as_i64());
    cells.sort_by_key(|cell| cell["position"].as_i64());
    assert_eq!(seen, cells, "what was seen live is what is stored");
    assert_eq!(server.ollama.counters().calls, 6);
    server.stop().await;
}
