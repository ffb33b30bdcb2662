//! Runs as long as is wanted: one card, one case a cell, three assertions each.

use anyhow::Result;
use serde_json::{Value, json};
use testkit::Actor;
use tokio::time::Instant;

/// The model of the fake model server.
pub(crate) const MODEL: &str = "llama3.2:latest";

/// The prompt of a cell.
pub(crate) fn prompt(number: usize) -> String {
    format!("Tell me about the number {number} in a few words.")
}

/// Makes the card `bench` with so many cases.
pub(crate) async fn prepare(actor: &Actor, cases: usize) {
    let content = json!({
        "kind": "text",
        "messages": [{ "role": "user", "content": [{ "type": "text", "text": "{{ prompt }}" }] }],
        "variables": [{ "name": "prompt", "type": "text", "required": true }],
    });
    let card = actor.card("bench", &content).await;
    let cases: Vec<Value> = (0..cases)
        .map(|number| {
            json!({
                "variables": { "prompt": prompt(number) },
                "assertions": [
                    { "type": "contains", "value": "e" },
                    { "type": "regex", "value": "[a-z]+" },
                    { "type": "length", "value": { "min": 1 } },
                ],
            })
        })
        .collect();
    actor.cases(&card, &cases).await;
}

/// Starts a run of the card `bench`.
pub(crate) async fn start(actor: &Actor) -> Value {
    actor.start("bench", &[&format!("ollama/{MODEL}")], 1).await
}

/// Runs all cases, watched by one reader: seconds from the request that starts the run to the event that says
/// that it has finished.
pub(crate) async fn finish(actor: &Actor, cells: usize) -> Result<(Value, f64)> {
    let begun = Instant::now();
    let run = start(actor).await;
    watch(actor, run, begun, cells).await
}

/// The same, with the answers of earlier runs where there are some.
pub(crate) async fn finish_with_cache(actor: &Actor, cells: usize) -> Result<(Value, f64)> {
    let begun = Instant::now();
    let request = json!({
        "card_versions": [{ "slug": "bench" }], "models": [{ "provider": "ollama", "model": MODEL }],
    });
    let run = actor.post("W/runs", &request).await.expect(202);
    watch(actor, run, begun, cells).await
}

async fn watch(actor: &Actor, run: Value, begun: Instant, cells: usize) -> Result<(Value, f64)> {
    let seen = actor.follow(&run, 0).await.count_until("cell_finished", "run_finished").await;
    let seconds = begun.elapsed().as_secs_f64();
    let counts = &actor.run(&run).await["counts"];
    anyhow::ensure!(seen == Some(cells), "the reader saw {seen:?} of {cells} cells: {counts}");
    anyhow::ensure!(counts["open"] == 0 && counts["error"] == 0, "not all cells were answered: {counts}");
    Ok((run, seconds))
}
