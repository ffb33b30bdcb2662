//! Pulling, copying and deleting models.

use fake_ollama::{Change, FakeOllama, Fault, FaultOn};
use reqwest::Response;
use serde_json::{Value, json};

use crate::client::{Streamed, ask, client, get, post, start};

async fn listed(server: &FakeOllama) -> Vec<String> {
    let tags: Value = get(server, "/api/tags").await.json().await.unwrap();
    let names = tags["models"].as_array().unwrap().iter();
    names.map(|model| model["name"].as_str().unwrap().to_owned()).collect()
}

async fn pull(server: &FakeOllama, body: &Value) -> Streamed {
    Streamed::read(post(server, "/api/pull", body).await.unwrap()).await
}

async fn delete(server: &FakeOllama, name: &str) -> Response {
    let url = format!("{}/api/delete", server.url());
    client().delete(url).json(&json!({ "model": name })).send().await.unwrap()
}

#[tokio::test]
async fn a_pull_tells_its_progress_and_then_the_model_is_there() {
    let server = start();
    let lines = pull(&server, &json!({ "model": "gemma3:1b" })).await.values();
    assert_eq!(lines[0], json!({ "status": "pulling manifest" }));
    assert_eq!(lines.last(), Some(&json!({ "status": "success" })));
    let parts: Vec<_> = lines.iter().filter(|line| line["total"] == 625_000_000).collect();
    assert!(parts.len() > 20 && parts[0]["completed"] == Value::Null, "{parts:?}");
    let completed: Vec<u64> = parts[1..].iter().map(|line| line["completed"].as_u64().unwrap()).collect();
    assert!(completed.is_sorted() && completed.last() == Some(&625_000_000), "{completed:?}");
    let digest = parts[0]["digest"].as_str().unwrap();
    assert!(parts.iter().all(|line| line["digest"] == digest) && digest.starts_with("sha256:"));

    assert_eq!(listed(&server).await[3..], ["gemma3:1b"]);
    assert_eq!(ask(&server, "gemma3:1b", "echo: hi", &json!({})).await["message"]["content"], "hi");
    let show: Value =
        post(&server, "/api/show", &json!({ "model": "gemma3:1b" })).await.unwrap().json().await.unwrap();
    assert_eq!(show["details"]["parameter_size"], "1.0B");
    let again = pull(&server, &json!({ "model": "gemma3:1b" })).await.values();
    assert!(
        again.len() < 10 && listed(&server).await.len() == 4,
        "what is there comes at once, and stays one"
    );
}

#[tokio::test]
async fn a_pull_in_one_piece_and_what_the_library_does_not_have() {
    let server = start();
    let whole = pull(&server, &json!({ "name": "phi4", "stream": false })).await;
    assert_eq!(whole.values(), [json!({ "status": "success" })]);
    assert_eq!(listed(&server).await[3..], ["phi4:latest"]);

    let says = json!({ "error": "pull model manifest: file does not exist" });
    let stream = pull(&server, &json!({ "model": "no-such-model" })).await;
    assert_eq!(stream.values(), [json!({ "status": "pulling manifest" }), says.clone()]);
    let body = json!({ "model": "no-such-model", "stream": false });
    let response = post(&server, "/api/pull", &body).await.unwrap();
    assert_eq!(response.status(), 500);
    assert_eq!(response.json::<Value>().await.unwrap(), says);
    assert_eq!(post(&server, "/api/pull", &json!({ "model": " " })).await.unwrap().status(), 400);
    assert_eq!(listed(&server).await.len(), 4);
}

#[tokio::test]
async fn a_pull_that_breaks_off_leaves_no_model() {
    let server = start();
    let fault = Some(Fault::CutInStream { after_tokens: 10 });
    server.change(&Change { fault, fault_on: Some(FaultOn::Everything), ..Change::default() });
    let cut = pull(&server, &json!({ "model": "gemma3" })).await;
    assert!(cut.broken && cut.values().len() == 10);
    server.recover();
    assert_eq!(listed(&server).await.len(), 3);
}

#[tokio::test]
async fn a_model_is_copied_and_deleted() {
    let server = start();
    let copy = json!({ "source": "llama3.2", "destination": "mine" });
    assert_eq!(post(&server, "/api/copy", &copy).await.unwrap().status(), 200);
    let tags: Value = get(&server, "/api/tags").await.json().await.unwrap();
    assert_eq!(tags["models"][3]["name"], "mine:latest");
    assert_eq!(tags["models"][3]["digest"], tags["models"][0]["digest"]);

    ask(&server, "llama3.2", "Hi", &json!({})).await;
    assert_eq!(delete(&server, "llama3.2").await.status(), 200);
    assert_eq!(listed(&server).await, ["qwen3:8b", "nomic-embed-text:latest", "mine:latest"]);
    let running: Value = get(&server, "/api/ps").await.json().await.unwrap();
    assert_eq!(running["models"], json!([]), "it is in memory no more");
    assert_eq!(delete(&server, "llama3.2").await.status(), 404);
    let gone = ask(&server, "llama3.2", "Hi", &json!({})).await;
    assert_eq!(gone["error"], "model 'llama3.2' not found");
    assert_eq!(server.counters().models["llama3.2:latest"].calls, 1, "what was counted stays");
    let copy = json!({ "source": "llama3.2", "destination": "yours" });
    assert_eq!(post(&server, "/api/copy", &copy).await.unwrap().status(), 404);
}
