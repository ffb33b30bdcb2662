//! Providers that are added to a workspace: used, changed, removed.

use fake_ollama::{Change, FakeOllama, Fault, Options};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Actor, TestServer};

use super::{Listener, add, allow, edit, models, path};

fn content() -> Value {
    json!({
        "kind": "text",
        "messages": [{ "role": "user", "content": [{ "type": "text", "text": "Repeat after me: {{ word }}" }] }],
        "variables": [{ "name": "word", "type": "text", "required": true }],
    })
}

async fn card(actor: &Actor) {
    let card = actor.card("echo", &content()).await;
    actor.cases(&card, &[json!({ "variables": { "word": "one" } })]).await;
}

#[tokio::test]
async fn an_owner_adds_a_model_server_and_runs_go_to_it() {
    let server = TestServer::start().await;
    let other = FakeOllama::start(Options::default()).unwrap();
    let owner = server.actor.invite("olga", "user", Some("owner")).await;
    let refused = add(&owner, "gpu", "ollama", &other.url()).await.expect_problem(422, "invalid");
    assert_eq!(refused["errors"][0]["pointer"], "/base_url");
    assert!(refused["detail"].as_str().unwrap().contains("none of the endpoints"), "{refused:#}");
    allow(&server.actor, &other.url()).await;

    let added = add(&owner, "gpu", "ollama", &other.url()).await;
    assert!(added.location.as_deref().unwrap().ends_with(added.body["id"].as_str().unwrap()));
    let gpu = added.expect(201);
    assert_eq!(
        (
            &gpu["name"],
            &gpu["kind"],
            &gpu["concurrency"],
            &gpu["configured"],
            &gpu["has_key"],
            &gpu["refused"]
        ),
        (&json!("gpu"), &json!("ollama"), &json!(4), &json!(false), &json!(false), &Value::Null)
    );
    assert_eq!(models(&owner, &gpu).await["reachable"], true);
    let found = owner.post(&format!("{}/diagnose", path(&gpu)), &json!({})).await.expect(200);
    assert_eq!(found["works"], true, "{found:#}");

    card(&owner).await;
    let run = owner.start("echo", &["gpu/llama3.2"], 1).await;
    let finished = owner.finish(&run).await;
    assert_eq!(finished["state"], "finished");
    assert_eq!(owner.cells(&run).await[0]["preview"], "one");
    assert!(other.counters().calls > 0 && server.ollama.counters().calls == 0);

    // It is there after a start, and in no other workspace.
    let server = server.restart(|_| {}).await;
    let listed = server.actor.get("W/providers").await.expect(200);
    let names: Vec<&Value> = listed["items"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(names, [&json!("gpu"), &json!("ollama"), &json!("simulated")]);
    let workspace = json!({ "slug": "other", "name": "Other" });
    server.actor.post("/api/v1/workspaces", &workspace).await.expect(201);
    let elsewhere = server.actor.get("/api/v1/workspaces/other/providers").await.expect(200);
    assert_eq!(elsewhere["items"].as_array().unwrap().len(), 2, "{elsewhere:#}");
    let there = format!("/api/v1/workspaces/other/providers/{}", gpu["id"].as_str().unwrap());
    server.actor.get(&there).await.expect_problem(404, "not_found");
    server.stop().await;
}

#[tokio::test]
async fn two_who_change_a_provider_are_told_and_the_configured_ones_are_read() {
    let server = TestServer::start().await;
    let actor = &server.actor;
    let listener = Listener::start();
    allow(actor, &listener.url()).await;
    let gpu = add(actor, "gpu", "openai", &listener.url()).await.expect(201);
    add(actor, "gpu", "ollama", &listener.url()).await.expect_problem(409, "name_taken");
    add(actor, "ollama", "ollama", &listener.url()).await.expect_problem(409, "name_taken");
    add(actor, "made-up", "simulated", &listener.url()).await.expect_problem(422, "invalid");
    add(actor, "a b", "ollama", &listener.url()).await.expect_problem(422, "invalid");

    let etag = actor.get(&path(&gpu)).await.etag.unwrap();
    let prices = json!([{ "model": "m", "prompt_usd": "0.15", "completion_usd": "0.6" }]);
    let change = json!({ "concurrency": 2, "prices": prices });
    actor
        .send(Method::PATCH, &path(&gpu), &[], Some(&change))
        .await
        .expect_problem(428, "precondition_required");
    let headers = [("if-match", etag.as_str())];
    let changed = actor.send(Method::PATCH, &path(&gpu), &headers, Some(&change)).await.expect(200);
    assert_eq!((&changed["concurrency"], &changed["prices"]), (&json!(2), &prices));
    assert_eq!(changed["base_url"], gpu["base_url"]);
    actor.send(Method::PATCH, &path(&gpu), &headers, Some(&change)).await.expect_problem(412, "stale");
    for extra in ["id", "name", "kind", "configured", "has_key", "key", "revision", "workspace_id"] {
        let problem = edit(actor, &gpu, &json!({ extra: "x" })).await.expect_problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], format!("/{extra}"), "{problem:#}");
    }

    let listed = actor.get("W/providers").await.expect(200);
    let ollama = listed["items"].as_array().unwrap().iter().find(|one| one["name"] == "ollama").unwrap();
    assert_eq!(ollama["configured"], true);
    edit(actor, ollama, &json!({ "concurrency": 2 })).await.expect_problem(409, "wrong_state");
    let key = format!("{}/key", path(ollama));
    actor.send(Method::PUT, &key, &[], Some(&json!({ "key": "k" }))).await.expect_problem(409, "wrong_state");
    actor.delete(&path(ollama)).await.expect_problem(409, "wrong_state");
    let audit = actor.get(&format!("/api/v1/audit?object=provider:{}", gpu["id"].as_str().unwrap())).await;
    let audit = audit.expect(200);
    let actions: Vec<&Value> =
        audit["items"].as_array().unwrap().iter().map(|line| &line["action"]).collect();
    assert_eq!(actions, [&json!("provider.edit"), &json!("provider.create")]);
    server.stop().await;
}

#[tokio::test]
async fn a_provider_that_a_run_uses_stays_where_it_is() {
    let server = TestServer::start().await;
    let actor = &server.actor;
    let (other, listener) = (FakeOllama::start(Options::default()).unwrap(), Listener::start());
    allow(actor, &other.url()).await;
    allow(actor, &listener.url()).await;
    let gpu = add(actor, "gpu", "ollama", &other.url()).await.expect(201);
    card(actor).await;
    other.change(&Change { fault: Some(Fault::HangBefore), ..Change::default() });
    let run = actor.start("echo", &["gpu/llama3.2"], 1).await;
    other.wait_until(|counters| counters.hanging > 0).await;
    let moved = json!({ "base_url": listener.url() });
    let problem = edit(actor, &gpu, &moved).await.expect_problem(409, "provider_in_use");
    assert!(problem["detail"].as_str().unwrap().contains("Run 1"), "{problem:#}");
    actor.delete(&path(&gpu)).await.expect_problem(409, "provider_in_use");
    // What does not change whom it asks may be changed.
    edit(actor, &gpu, &json!({ "concurrency": 8 })).await.expect(200);
    other.recover();
    assert_eq!(actor.finish(&run).await["state"], "finished");
    edit(actor, &gpu, &moved).await.expect(200);
    actor.delete(&path(&gpu)).await.expect(204);
    actor.get(&path(&gpu)).await.expect_problem(404, "not_found");
    // The run keeps what it has, and its retry says what is missing.
    assert_eq!(actor.run(&run).await["models"][0]["provider"], "gpu");
    // The name is free again.
    add(actor, "gpu", "ollama", &other.url()).await.expect(201);
    server.stop().await;
}

#[tokio::test]
async fn an_endpoint_that_is_taken_from_the_list_is_called_no_more() {
    let server = TestServer::start().await;
    let actor = &server.actor;
    let listener = Listener::start();
    let entry = allow(actor, &listener.url()).await;
    let gpu = add(actor, "gpu", "openai", &listener.url()).await.expect(201);
    assert_eq!(models(actor, &gpu).await["items"][0]["name"], "m");
    let entry = format!("/api/v1/outbound/endpoints/{}", entry["id"].as_str().unwrap());
    actor.delete(&entry).await.expect(204);
    let before = listener.heard().len();
    let refused = models(actor, &gpu).await;
    assert_eq!(refused["reachable"], false);
    assert!(refused["problem"].as_str().unwrap().contains("none of the endpoints"), "{refused:#}");
    let found = actor.post(&format!("{}/diagnose", path(&gpu)), &json!({})).await.expect(200);
    assert_eq!(found["works"], false);
    let shown = actor.get(&path(&gpu)).await.expect(200);
    assert!(shown["refused"].as_str().unwrap().contains("none of the endpoints"), "{shown:#}");
    assert_eq!(listener.heard().len(), before);
    server.stop().await;
}
