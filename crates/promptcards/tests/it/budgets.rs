//! Budgets: what a workspace or an API key may use on a day, seen by the model server.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::TestServer;

fn content() -> Value {
    json!({
        "kind": "text",
        "messages": [{ "role": "user", "content": [{ "type": "text", "text": "Repeat after me: {{ word }}" }] }],
        "variables": [{ "name": "word", "type": "text", "required": true }],
    })
}

async fn server_with_cases(cases: usize) -> TestServer {
    let server = TestServer::start().await;
    let card = server.actor.card("echo", &content()).await;
    let cases: Vec<Value> =
        (0..cases).map(|number| json!({ "variables": { "word": format!("word {number}") } })).collect();
    server.actor.cases(&card, &cases).await;
    server
}

async fn set(server: &TestServer, budget: Value) -> Value {
    server.actor.put("W/budget", "*", &budget).await.expect(200)
}

/// Follows a run until it is paused, and returns it as it is then.
async fn paused(server: &TestServer, run: &Value, after: i64) -> Value {
    let mut events = server.actor.follow(run, after).await;
    while let Some(event) = events.next().await {
        if event.name == "run_paused" {
            return server.actor.run(run).await;
        }
    }
    unreachable!("the stream of the run ended")
}

async fn resume(server: &TestServer, run: &Value) -> i64 {
    let path = format!("W/runs/{}/resume", run["id"].as_str().unwrap());
    let resumed = server.actor.post(&path, &Value::Null).await.expect(200);
    assert_eq!(resumed["pause_reason"], Value::Null);
    resumed["event_number"].as_i64().unwrap()
}

#[tokio::test]
async fn exactly_as_many_calls_are_made_as_the_budget_has() {
    let server = server_with_cases(30).await;
    set(&server, json!({ "calls": 5 })).await;
    let run = server.actor.start("echo", &["ollama/llama3.2:latest"], 1).await;
    let run = paused(&server, &run, 0).await;
    assert_eq!((server.ollama.counters().calls, &run["counts"]["open"]), (5, &json!(25)), "{run:#}");
    let reason = run["pause_reason"].as_str().unwrap();
    assert!(reason.starts_with("The budget of the workspace for ") && reason.contains("5 calls"), "{reason}");
    let budget = server.actor.get("W/budget").await.expect(200);
    assert_eq!((&budget["used"]["calls"], &budget["budget"]["calls"]), (&json!(5), &json!(5)));

    // Resumed without a larger one, it asks nothing and is paused again.
    let after = resume(&server, &run).await;
    paused(&server, &run, after).await;
    assert_eq!(server.ollama.counters().calls, 5);

    set(&server, json!({ "calls": 12 })).await;
    let after = resume(&server, &run).await;
    paused(&server, &run, after).await;
    assert_eq!(server.ollama.counters().calls, 12);

    set(&server, json!({})).await;
    resume(&server, &run).await;
    let run = server.actor.finish(&run).await;
    assert_eq!((server.ollama.counters().calls, &run["counts"]["open"]), (30, &json!(0)));
    let budget = server.actor.get("W/budget").await.expect(200);
    assert_eq!((&budget["used"]["calls"], &budget["budget"]["calls"]), (&json!(30), &Value::Null));
    server.stop().await;
}

#[tokio::test]
async fn tokens_stop_a_run_once_those_under_way_have_ended() {
    let server = server_with_cases(30).await;
    set(&server, json!({ "tokens": 1 })).await;
    let run = server.actor.start("echo", &["ollama/llama3.2:latest"], 1).await;
    let run = paused(&server, &run, 0).await;
    assert!(run["pause_reason"].as_str().unwrap().contains("1 tokens"), "{run:#}");
    // Four at once, and four that wait for their slots.
    assert!(server.ollama.counters().calls <= 16, "{}", server.ollama.counters().calls);
    server.stop().await;
}

#[tokio::test]
async fn made_up_answers_and_those_of_earlier_runs_use_nothing() {
    let server = server_with_cases(3).await;
    let run = server.actor.start("echo", &["ollama/llama3.2:latest"], 1).await;
    server.actor.finish(&run).await;
    let used = server.actor.get("W/budget").await.expect(200)["used"].clone();
    assert_eq!(used["calls"], 3);
    assert!(used["tokens"].as_i64().unwrap() > 6, "{used}");

    let simulated = server.actor.start("echo", &["simulated/simulated-large"], 2).await;
    server.actor.finish(&simulated).await;
    let again = json!({
        "card_versions": [{ "slug": "echo" }], "models": [{ "provider": "ollama", "model": "llama3.2:latest" }],
    });
    let again = server.actor.post("W/runs", &again).await.expect(202);
    server.actor.finish(&again).await;
    assert_eq!(server.actor.get("W/budget").await.expect(200)["used"], used);
    server.stop().await;
}

#[tokio::test]
async fn a_budget_is_not_negative_and_not_of_other_things() {
    let server = TestServer::start().await;
    for wrong in [
        json!({ "calls": -1 }),
        json!({ "prompts": 1 }),
        json!({ "cost_usd": "-1" }),
        json!({ "tokens": "1" }),
    ] {
        server.actor.put("W/budget", "*", &wrong).await.expect_problem(422, "invalid");
    }
    let set = set(&server, json!({ "cost_usd": "1.50" })).await;
    assert_eq!(set["budget"], json!({ "calls": null, "tokens": null, "cost_usd": "1.5" }));
    server.stop().await;
}

#[tokio::test]
async fn runs_of_a_key_make_as_many_calls_as_its_budget_has_and_others_go_on() {
    let server = server_with_cases(30).await;
    let keys = "/api/v1/account/api-keys";
    let new = json!({
        "name": "ci", "workspace": "default", "scopes": ["cards:read", "runs:write"], "budget": { "calls": 5 },
    });
    let made = server.actor.post(keys, &new).await.expect(201);
    assert_eq!((&made["budget"]["calls"], &made["used_today"]["calls"]), (&json!(5), &json!(0)));
    let ci = server.actor.with(made["key"].as_str().unwrap());
    let run = ci.start("echo", &["ollama/llama3.2:latest"], 1).await;
    let run = paused(&server, &run, 0).await;
    assert_eq!((server.ollama.counters().calls, &run["counts"]["open"]), (5, &json!(25)), "{run:#}");
    let reason = run["pause_reason"].as_str().unwrap();
    assert!(reason.starts_with("The budget of the API key for ") && reason.contains("5 calls"), "{reason}");
    let listed = server.actor.get(keys).await.expect(200)["items"][0].clone();
    assert_eq!((&listed["budget"]["calls"], &listed["used_today"]["calls"]), (&json!(5), &json!(5)));
    let of_workspace = server.actor.get("W/budget").await.expect(200);
    assert_eq!((&of_workspace["used"]["calls"], &of_workspace["budget"]["calls"]), (&json!(5), &Value::Null));

    // Its owner runs more of it without it.
    let own = server.actor.start("echo", &["ollama/llama3.2:latest"], 2).await;
    assert_eq!(server.actor.finish(&own).await["counts"]["open"], 0);
    assert_eq!(server.ollama.counters().calls, 65);

    let budget = format!("{keys}/{}/budget", made["id"].as_str().unwrap());
    let set = json!({ "calls": 12, "tokens": null, "cost_usd": "2.5" });
    let put = async |actor: &testkit::Actor, path: &str, body: &Value| {
        actor.send(Method::PUT, path, &[], Some(body)).await
    };
    put(&ci, &budget, &json!({})).await.expect_problem(403, "scope_missing");
    let grace = server.actor.invite("grace", "user", Some("editor")).await;
    put(&grace, &budget, &json!({})).await.expect_problem(404, "not_found");
    put(&server.actor, &budget, &json!({ "calls": -1 })).await.expect_problem(422, "invalid");
    let after = put(&server.actor, &budget, &set).await.expect(200);
    assert_eq!(
        (&after["budget"], &after["used"]["calls"], &after["set_by"]),
        (&set, &json!(5), &json!("ada"))
    );
    let after = resume(&server, &run).await;
    paused(&server, &run, after).await;
    assert_eq!(server.ollama.counters().calls, 72);
    let lines = server.actor.get("/api/v1/audit?action=budget.set").await.expect(200);
    let objects: Vec<&Value> =
        lines["items"].as_array().unwrap().iter().map(|line| &line["object"]).collect();
    let object = json!(format!("api_key:{}", made["id"].as_str().unwrap()));
    assert_eq!(objects, [&object, &object]);

    server.actor.delete(&format!("{keys}/{}", made["id"].as_str().unwrap())).await.expect(204);
    put(&server.actor, &budget, &set).await.expect_problem(404, "not_found");
    server.stop().await;
}
