//! Providers, their models, and the health of what the server depends on, from outside.

use serde_json::json;

use crate::running::Running;

#[tokio::test]
async fn a_provider_lists_its_models() {
    let server = Running::start().await;
    let providers = server.read("/providers").await;
    let names: Vec<_> =
        providers["items"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect();
    assert_eq!(names, ["ollama", "simulated"]);
    let simulated = &providers["items"][1];
    assert_eq!((&simulated["simulated"], &simulated["concurrency"]), (&json!(true), &json!(50)));
    let models = server.read(&format!("/providers/{}/models", simulated["id"].as_str().unwrap())).await;
    assert_eq!((&models["reachable"], &models["problem"]), (&json!(true), &json!(null)));
    assert!(models["items"].as_array().unwrap().iter().all(|model| model["simulated"] == true));
}

#[tokio::test]
async fn a_provider_that_does_not_answer_says_what_to_do() {
    let server = Running::start().await;
    let providers = server.read("/providers").await;
    let ollama = providers["items"][0]["id"].as_str().unwrap();
    let models = server.read(&format!("/providers/{ollama}/models?refresh=true")).await;
    assert_eq!((&models["reachable"], &models["items"]), (&json!(false), &json!([])));
    assert_eq!(models["checked_at"], json!(null));
    assert!(models["remedy"].as_str().unwrap().contains("http://127.0.0.1:1"));
}

#[tokio::test]
async fn health_names_what_does_not_work_and_the_remedy() {
    let server = Running::start().await;
    let health = server.read("/api/v1/health").await;
    assert_eq!(health["status"], "warn");
    let check = |id: &str| health["checks"][format!("{id}:responseTime")][0].clone();
    assert_eq!(check("database")["status"], "pass");
    // The disk of a database server is not ours to look at.
    if !server.is_on_database_server() {
        assert_eq!(check("disk")["kind"], "disk");
    }
    assert_eq!(check("provider-ollama")["status"], "warn");
    assert!(check("provider-ollama")["remedy"].as_str().unwrap().ends_with('.'));
}
