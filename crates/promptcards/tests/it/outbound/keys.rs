//! Keys of model servers: written, never read, and sent to whom they were given for alone.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Actor, TestDatabase, TestServer};

use super::{Listener, add, allow, edit, models, path};

const KEY: &str = "sk-CANARY-provider-5d1f0a";

async fn set_key(actor: &Actor, provider: &Value, key: &str) -> Value {
    let path = format!("{}/key", path(provider));
    actor.send(Method::PUT, &path, &[], Some(&json!({ "key": key }))).await.expect(200)
}

fn carry_the_key(heads: &[String]) -> bool {
    heads.iter().any(|head| head.contains(KEY))
}

#[tokio::test]
async fn a_key_goes_to_the_endpoint_that_it_was_given_for_and_to_no_other() {
    let server = TestServer::start().await;
    let actor = &server.actor;
    let (one, two) = (Listener::start(), Listener::start());
    allow(actor, &one.url()).await;
    allow(actor, &two.url()).await;
    let gpu = add(actor, "gpu", "openai", &one.url()).await.expect(201);
    assert_eq!(set_key(actor, &gpu, KEY).await["has_key"], true);
    models(actor, &gpu).await;
    assert!(carry_the_key(&one.heard()));
    // Another path is the same server.
    let moved = edit(actor, &gpu, &json!({ "base_url": format!("{}/team/v1", one.url()) })).await.expect(200);
    assert_eq!(moved["has_key"], true);
    // Another server is not, and what was taken away does not come back with the address.
    let moved = edit(actor, &gpu, &json!({ "base_url": two.url() })).await.expect(200);
    assert_eq!(moved["has_key"], false);
    models(actor, &gpu).await;
    actor.post(&format!("{}/diagnose", path(&gpu)), &json!({})).await.expect(200);
    assert!(!two.heard().is_empty() && !carry_the_key(&two.heard()));
    let back = edit(actor, &gpu, &json!({ "base_url": one.url() })).await.expect(200);
    assert_eq!(back["has_key"], false);
    let before = one.heard().len();
    models(actor, &gpu).await;
    assert!(!carry_the_key(&one.heard()[before..]));

    let audit = actor.get("/api/v1/audit?action=provider.key").await.expect(200);
    let set: Vec<&Value> =
        audit["items"].as_array().unwrap().iter().map(|line| &line["detail"]["set"]).collect();
    assert_eq!(set, [&json!(false), &json!(true)]);
    server.stop().await;
}

#[tokio::test]
async fn a_key_is_in_no_answer_and_in_no_file() {
    let server = TestServer::start().await;
    let actor = &server.actor;
    let listener = Listener::start();
    allow(actor, &listener.url()).await;
    let new = json!({ "name": "gpu", "kind": "openai", "base_url": listener.url(), "key": KEY });
    let gpu = actor.post("W/providers", &new).await.expect(201);
    assert_eq!((&gpu["has_key"], &gpu["key"]), (&json!(true), &Value::Null));
    models(actor, &gpu).await;
    assert!(carry_the_key(&listener.heard()));
    let mut said = vec![gpu.to_string(), actor.text("/api/v1/audit/export").await];
    for what in ["W/providers", &path(&gpu), "/api/v1/health", "/api/v1/outbound/hosts", "/api/v1/audit"] {
        said.push(actor.get(what).await.expect(200).to_string());
    }
    for bad in ["", " ", "two words", "a\nb", "ä"] {
        let put = format!("{}/key", path(&gpu));
        let problem = actor.send(Method::PUT, &put, &[], Some(&json!({ "key": bad }))).await;
        problem.expect_problem(422, "invalid");
    }
    let cleared = actor.delete(&format!("{}/key", path(&gpu))).await.expect(200);
    assert_eq!(cleared["has_key"], false);
    set_key(actor, &gpu, KEY).await;
    assert!(said.iter().all(|text| !text.contains(KEY)));
    let database = server.stop().await;
    for entry in std::fs::read_dir(database.folder()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap_or_default();
        let found = bytes.windows(KEY.len()).any(|window| window == KEY.as_bytes());
        assert!(!found, "{}", path.display());
    }
}

/// Who can write to the database and has no master key points a provider elsewhere, to be sent its key.
#[tokio::test]
async fn a_key_does_not_open_for_another_endpoint_or_in_another_row() {
    if TestDatabase::new().is_on_server() {
        testkit::not_run("a database that is altered while no server has it", "it is altered as a file");
        return;
    }
    let server = TestServer::start().await;
    let (one, two) = (Listener::start(), Listener::start());
    for listener in [&one, &two] {
        allow(&server.actor, &listener.url()).await;
    }
    let gpu = add(&server.actor, "gpu", "openai", &one.url()).await.expect(201);
    add(&server.actor, "other", "openai", &two.url()).await.expect(201);
    set_key(&server.actor, &gpu, KEY).await;
    let alterations = [
        format!("UPDATE providers SET base_url = '{}/v1' WHERE name = 'gpu'", two.url()),
        format!(
            "UPDATE providers SET base_url = '{}/v1' WHERE name = 'gpu'; UPDATE saved_providers SET sealed_key = \
             (SELECT sealed_key FROM saved_providers WHERE sealed_key IS NOT NULL)",
            one.url()
        ),
    ];
    let mut server = server;
    for alteration in alterations {
        let database = server.stop().await;
        let file = rusqlite::Connection::open(database.folder().join("promptcards.db")).unwrap();
        file.execute_batch(&alteration).unwrap();
        drop(file);
        server = TestServer::again(database).await;
        let listed = server.actor.get("W/providers").await.expect(200);
        for provider in listed["items"].as_array().unwrap() {
            models(&server.actor, provider).await;
        }
        assert!(!carry_the_key(&two.heard()));
    }
    server.stop().await;
}
