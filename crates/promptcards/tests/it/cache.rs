//! The response cache: what an earlier run was answered is not asked again.

use serde_json::{Value, json};
use testkit::{Actor, TestServer};

use fake_ollama::{Fault, Options};

pub(crate) async fn with_card(cases: usize) -> TestServer {
    let server = TestServer::start_with(Options::default(), |_| {}).await;
    let content = json!({
        "kind": "text",
        "messages": [{ "role": "user", "content": [{ "type": "text", "text": "Say {{ word }}." }] }],
        "variables": [{ "name": "word", "type": "text", "required": true }],
    });
    let card = server.actor.card("words", &content).await;
    let cases: Vec<Value> = (0..cases)
        .map(|number| {
            json!({
                "variables": { "word": format!("word {number}") },
                "assertions": [{ "type": "contains", "value": "e" }],
            })
        })
        .collect();
    server.actor.cases(&card, &cases).await;
    server
}

/// Runs the card `words`, and returns the run when it has ended.
pub(crate) async fn run(actor: &Actor, request: Value) -> Value {
    actor.finish(&start(actor, request).await).await
}

/// Starts a run of the card `words`.
pub(crate) async fn start(actor: &Actor, request: Value) -> Value {
    let mut whole = json!({
        "card_versions": [{ "slug": "words" }],
        "models": [{ "provider": "ollama", "model": "llama3.2:latest" }],
    });
    whole.as_object_mut().unwrap().extend(request.as_object().unwrap().clone());
    actor.post("W/runs", &whole).await.expect(202)
}

/// Of each cell of a run, whether its answer is that of an earlier one.
pub(crate) async fn taken(actor: &Actor, run: &Value) -> Vec<bool> {
    actor.cells(run).await.iter().map(|cell| cell["cached"] == true).collect()
}

#[tokio::test]
async fn the_same_prompt_is_asked_once_and_every_cell_says_so() {
    let server = with_card(7).await;
    let first = run(&server.actor, json!({})).await;
    assert_eq!(server.ollama.counters().calls, 7);
    assert_eq!(first["columns"][0]["completion_tokens"].as_i64().map(|tokens| tokens > 0), Some(true));

    let second = run(&server.actor, json!({})).await;
    assert_eq!(server.ollama.counters().calls, 7, "the second run asks nothing");
    assert_eq!(second["counts"], first["counts"]);
    // What the first run has measured and paid for is not counted again.
    assert_eq!(second["columns"][0]["latency_ms_mean"], Value::Null);
    assert_eq!(second["columns"][0]["completion_tokens"], 0);
    for (before, after) in server.actor.cells(&first).await.iter().zip(&server.actor.cells(&second).await) {
        assert_eq!((&before["cached"], &after["cached"]), (&json!(false), &json!(true)));
        assert_eq!((&after["preview"], &after["verdict"]), (&before["preview"], &before["verdict"]));
        assert_eq!((&after["latency_ms"], &after["attempts"]), (&Value::Null, &json!(0)));
    }
    let cell = |run: &Value| format!("W/runs/{}/cells/3", run["id"].as_str().unwrap());
    let (asked, taken) = (
        server.actor.get(&cell(&first)).await.expect(200),
        server.actor.get(&cell(&second)).await.expect(200),
    );
    assert_eq!(asked["cached_from"], Value::Null);
    assert_eq!(taken["cached_from"], json!({ "run_id": first["id"], "run_number": 1, "position": 3 }));
    assert_eq!(taken["result"]["output"], asked["result"]["output"]);
    assert_eq!(taken["attempts"], json!([]));
    server.stop().await;
}

#[tokio::test]
async fn without_the_cache_everything_is_asked_and_later_runs_may_take_it() {
    let server = with_card(5).await;
    run(&server.actor, json!({})).await;
    let fresh = run(&server.actor, json!({ "cache": false })).await;
    assert_eq!((server.ollama.counters().calls, &fresh["cache"]), (10, &json!(false)));
    assert!(server.actor.cells(&fresh).await.iter().all(|cell| cell["cached"] == false));
    let third = run(&server.actor, json!({})).await;
    assert_eq!(server.ollama.counters().calls, 10);
    let path = format!("W/runs/{}/cells/0", third["id"].as_str().unwrap());
    // The latest answer stands.
    assert_eq!(server.actor.get(&path).await.expect(200)["cached_from"]["run_id"], fresh["id"]);
    server.stop().await;
}

#[tokio::test]
async fn repeats_never_share_an_answer() {
    let server = with_card(4).await;
    run(&server.actor, json!({})).await;
    assert_eq!(server.ollama.counters().calls, 4);
    let repeated = run(&server.actor, json!({ "repeats": 3 })).await;
    assert_eq!(server.ollama.counters().calls, 4 + 8, "the first repeat is there, two are not");
    let taken: Vec<bool> =
        server.actor.cells(&repeated).await.iter().map(|cell| cell["cached"] == true).collect();
    assert_eq!(taken, [true, false, false].repeat(4));
    server.stop().await;
}

#[tokio::test]
async fn another_parameter_or_prompt_is_another_answer() {
    let server = with_card(3).await;
    run(&server.actor, json!({})).await;
    run(&server.actor, json!({ "parameters": { "temperature": 0.5 } })).await;
    assert_eq!(server.ollama.counters().calls, 6);

    let suite = server.actor.get("W/cards/words").await.expect(200)["suite_id"].as_str().unwrap().to_owned();
    let more = json!({ "items": [{ "variables": { "word": "other" }, "assertions": [] }] });
    server.actor.post(&format!("W/suites/{suite}/cases/import"), &more).await.expect(201);
    let grown = run(&server.actor, json!({})).await;
    assert_eq!(server.ollama.counters().calls, 7, "only the new case is asked");
    let cached: Vec<bool> =
        server.actor.cells(&grown).await.iter().map(|cell| cell["cached"] == true).collect();
    assert_eq!(cached, [true, true, true, false]);
    server.stop().await;
}

#[tokio::test]
async fn an_error_is_no_answer() {
    let server = with_card(6).await;
    server.ollama.fail(Fault::Status { code: 400, retry_after_s: None });
    let failed = run(&server.actor, json!({})).await;
    assert_eq!(failed["counts"]["error"], 6);
    server.ollama.recover();
    let before = server.ollama.counters().calls;
    let again = run(&server.actor, json!({})).await;
    assert_eq!((server.ollama.counters().calls - before, &again["counts"]["error"]), (6, &json!(0)));
    server.stop().await;
}

#[tokio::test]
async fn an_answer_outlives_the_run_that_asked() {
    let server = with_card(2).await;
    let first = run(&server.actor, json!({})).await;
    let second = run(&server.actor, json!({})).await;
    server.actor.delete(&format!("W/runs/{}", first["id"].as_str().unwrap())).await;
    let path = format!("W/runs/{}/cells/1", second["id"].as_str().unwrap());
    let cell = server.actor.get(&path).await.expect(200);
    assert_eq!((&cell["summary"]["cached"], &cell["cached_from"]), (&json!(true), &Value::Null));
    run(&server.actor, json!({})).await;
    assert_eq!(server.ollama.counters().calls, 2, "the second run has the answers too");
    server.stop().await;
}

#[tokio::test]
async fn a_simulated_answer_is_made_anew() {
    let server = with_card(2).await;
    let simulated = json!({ "models": [{ "provider": "simulated", "model": "simulated-small" }] });
    run(&server.actor, simulated.clone()).await;
    let again = run(&server.actor, simulated).await;
    assert!(server.actor.cells(&again).await.iter().all(|cell| cell["cached"] == false));
    server.stop().await;
}
