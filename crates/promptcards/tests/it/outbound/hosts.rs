//! Whom a server has called, as it says itself.

use serde_json::Value;
use testkit::{Actor, ServerProcess, TestDatabase, TestServer};

use super::{Listener, add, allow, models};

async fn calls(actor: &Actor) -> Vec<(String, i64)> {
    let hosts = actor.get("/api/v1/outbound/hosts").await.expect(200);
    let host = |host: &Value| {
        assert!(host["first_at"].as_str().unwrap() <= host["last_at"].as_str().unwrap(), "{host:#}");
        (host["endpoint"].as_str().unwrap().to_owned(), host["calls"].as_i64().unwrap())
    };
    let hosts: Vec<_> = hosts["items"].as_array().unwrap().iter().map(host).collect();
    // The database, where it is on a server.
    hosts.into_iter().filter(|(endpoint, _)| endpoint.starts_with("http")).collect()
}

#[tokio::test]
async fn every_host_that_was_called_is_listed_with_its_calls() {
    let server = TestServer::start().await;
    let actor = &server.actor;
    assert_eq!(calls(actor).await, []);
    let listener = Listener::start();
    // What was listed, and what was refused, was not called.
    allow(actor, &listener.url()).await;
    add(actor, "away", "ollama", "http://127.0.0.1:1").await.expect_problem(422, "invalid");
    assert_eq!(calls(actor).await, []);
    let gpu = add(actor, "gpu", "openai", &listener.url()).await.expect(201);
    for _ in 0..3 {
        models(actor, &gpu).await;
    }
    assert_eq!(calls(actor).await, [(listener.url(), 3)]);
    assert_eq!(listener.heard().len(), 3);
    // It stays known, also where it was never asked for before the end.
    models(actor, &gpu).await;
    let ollama = server.ollama.url();
    let server = server.restart(|_| {}).await;
    assert_eq!(calls(&server.actor).await, [(listener.url(), 4)]);
    server.actor.get("/api/v1/health").await.expect(200);
    let mut known = calls(&server.actor).await;
    known.sort();
    let mut expected = vec![(listener.url(), 5), (ollama, 1)];
    expected.sort();
    assert_eq!(known, expected);
    server.stop().await;
}

#[tokio::test]
async fn proxies_of_the_environment_are_passed_by() {
    let (database, proxy, listener) = (TestDatabase::on_file(), Listener::start(), Listener::start());
    let settings = format!(
        "[[providers]]\nname = 'gpu'\nkind = 'openai'\nbase_url = '{}/v1'\n[outbound]\nendpoints = []\n",
        listener.url()
    );
    std::fs::write(database.folder().join("promptcards.toml"), settings).unwrap();
    let url = proxy.url();
    let environment =
        ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY"].map(|name| (name, &*url));
    let server =
        ServerProcess::start(env!("CARGO_BIN_EXE_promptcards").as_ref(), database.folder(), &environment);
    let listed = server.actor.get("W/providers").await.expect(200);
    let gpu = listed["items"].as_array().unwrap()[0].clone();
    assert_eq!(models(&server.actor, &gpu).await["reachable"], true);
    assert_eq!((listener.heard().len(), proxy.heard().len()), (1, 0));
    assert!(server.stop().success());
}
