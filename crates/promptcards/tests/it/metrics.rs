//! The scores of metrics, added up over the cells of a run.

use serde_json::{Value, json};
use testkit::{Actor, TestServer};

/// A card `words` whose model repeats the word of each case.
async fn card(actor: &Actor, assertions: &[Value]) {
    let content = json!({
        "kind": "text",
        "messages": [{ "role": "user", "content": [{ "type": "text", "text": "Repeat after me: {{ word }}" }] }],
        "variables": [{ "name": "word", "type": "text", "required": true }],
    });
    let card = actor.card("words", &content).await;
    let cases: Vec<Value> = (0..)
        .zip(assertions)
        .map(|(number, list)| json!({ "variables": { "word": format!("red {number}") }, "assertions": list }))
        .collect();
    actor.cases(&card, &cases).await;
}

fn contains(value: &str, metric: &str, weight: f64) -> Value {
    json!({ "type": "contains", "value": value, "metric": metric, "weight": weight })
}

#[tokio::test]
async fn a_column_adds_up_the_scores_of_its_cells_by_weight() {
    let server = TestServer::start().await;
    let broken = json!({ "type": "equals", "value": "{{ nowhere }}", "metric": "tone" });
    card(
        &server.actor,
        &[
            // Of "accuracy": 3 of 4 in the first case, all of 1 in the second.
            json!([contains("red", "accuracy", 3.0), contains("blue", "accuracy", 1.0)]),
            json!([contains("red", "accuracy", 1.0), contains("blue", "{{ word }} colour", 2.0)]),
            // A cell of which nothing could be found out has no score.
            json!([contains("red", "accuracy", 1.0), broken]),
            json!([{ "type": "contains", "value": "red" }]),
        ],
    )
    .await;
    let run = server.actor.start("words", &["ollama/llama3.2:latest"], 2).await;
    let mut events = server.actor.follow(&run, 0).await;
    let mut last = Value::Null;
    while let Some(event) = events.next().await {
        match event.name.as_str() {
            "cell_finished" => last = event.data["column"].clone(),
            "run_finished" => break,
            _ => {}
        }
    }
    let run = server.actor.run(&run).await;
    let column = &run["columns"][0];
    assert_eq!(last["metrics"], column["metrics"], "what was seen live is what is stored");
    let mut metrics = column["metrics"].as_array().unwrap().clone();
    metrics.sort_by_key(|metric| metric["metric"].to_string());
    assert_eq!(
        metrics,
        [
            json!({ "metric": "accuracy", "sum": 8.0, "weight": 10.0, "mean": 0.8, "cells": 4 }),
            json!({ "metric": "red 1 colour", "sum": 0.0, "weight": 4.0, "mean": 0.0, "cells": 2 }),
        ],
    );
    let cell = |position: i64| format!("W/runs/{}/cells/{position}", run["id"].as_str().unwrap());
    let scores = server.actor.get(&cell(0)).await.expect(200)["metric_scores"].clone();
    assert_eq!(scores, json!([{ "metric": "accuracy", "score": 0.75, "weight": 4.0 }]));
    assert_eq!(server.actor.get(&cell(4)).await.expect(200)["metric_scores"], json!([]), "an error");

    // Errors that are put back and end in errors again change nothing.
    let path = format!("W/runs/{}/retry-errors", run["id"].as_str().unwrap());
    server.actor.post(&path, &json!({})).await.expect(200);
    let again = server.actor.finish(&run).await;
    assert_eq!(again["columns"][0]["metrics"].as_array().map(Vec::len), Some(2));
    let accuracy = |run: &Value| {
        let metrics = run["columns"][0]["metrics"].as_array().unwrap().clone();
        metrics.into_iter().find(|metric| metric["metric"] == "accuracy")
    };
    assert_eq!(accuracy(&again), accuracy(&run));
    server.stop().await;
}

#[tokio::test]
async fn so_many_names_of_metrics_are_kept_and_no_more() {
    let server = TestServer::start().await;
    let each = json!([contains("red", "metric of {{ word }}", 1.0)]);
    card(&server.actor, &vec![each; 130]).await;
    let run = server.actor.start("words", &["ollama/llama3.2:latest"], 1).await;
    let run = server.actor.finish(&run).await;
    assert_eq!(run["counts"]["pass"], 130);
    assert_eq!(run["columns"][0]["metrics"].as_array().map(Vec::len), Some(100));
    server.stop().await;
}
