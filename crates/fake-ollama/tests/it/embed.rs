//! Vectors, over each of the three ways to ask for them.

use fake_ollama::{FakeOllama, Fault};
use serde_json::{Value, json};

use crate::client::{post, start};

const TEXTS: [&str; 3] = ["The cat sat on the mat.", "A cat sat on a mat", "Quarterly revenue grew"];

async fn ask(server: &FakeOllama, path: &str, body: &Value) -> Value {
    post(server, path, body).await.unwrap().json().await.unwrap()
}

fn numbers(vector: &Value) -> Vec<f64> {
    vector.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn cosine(a: &Value, b: &Value) -> f64 {
    numbers(a).iter().zip(numbers(b)).map(|(a, b)| a * b).sum()
}

#[tokio::test]
async fn similar_texts_have_near_vectors_and_every_way_gives_the_same() {
    let server = start();
    let model = "nomic-embed-text";
    let answer = ask(&server, "/api/embed", &json!({ "model": model, "input": TEXTS })).await;
    let vectors = &answer["embeddings"];
    assert_eq!((vectors.as_array().unwrap().len(), numbers(&vectors[0]).len()), (3, 768));
    assert!(cosine(&vectors[0], &vectors[1]) > cosine(&vectors[0], &vectors[2]) + 0.3);
    assert!(answer["prompt_eval_count"].as_u64().unwrap() > 10 && answer["total_duration"].is_u64());

    let one = ask(&server, "/api/embed", &json!({ "model": model, "input": TEXTS[0] })).await;
    assert_eq!(one["embeddings"], json!([vectors[0]]));
    let old = ask(&server, "/api/embeddings", &json!({ "model": model, "prompt": TEXTS[0] })).await;
    assert_eq!(old, json!({ "embedding": vectors[0] }));
    let openai = ask(&server, "/v1/embeddings", &json!({ "model": model, "input": TEXTS })).await;
    assert_eq!(openai["data"][2], json!({ "object": "embedding", "index": 2, "embedding": vectors[2] }));
    assert_eq!(openai["usage"]["prompt_tokens"], answer["prompt_eval_count"]);
    assert_eq!(start_again().await, *vectors, "another server says the same");
    assert_eq!(server.counters().calls, 4);
}

async fn start_again() -> Value {
    let body = json!({ "model": "nomic-embed-text:latest", "input": TEXTS });
    ask(&start(), "/api/embed", &body).await["embeddings"].take()
}

#[tokio::test]
async fn dimensions_and_empty_inputs() {
    let server = start();
    for path in ["/api/embed", "/v1/embeddings"] {
        let body = json!({ "model": "nomic-embed-text", "input": ["x", ""], "dimensions": 8 });
        let answer = ask(&server, path, &body).await;
        let vectors = if path == "/api/embed" {
            [answer["embeddings"][0].clone(), answer["embeddings"][1].clone()]
        } else {
            [answer["data"][0]["embedding"].clone(), answer["data"][1]["embedding"].clone()]
        };
        for vector in vectors {
            assert!(numbers(&vector).len() == 8 && (cosine(&vector, &vector) - 1.0).abs() < 1e-5);
        }
    }
    let none = ask(&server, "/api/embed", &json!({ "model": "nomic-embed-text", "input": [] })).await;
    assert_eq!(none["embeddings"], json!([]));
}

#[tokio::test]
async fn a_text_beyond_the_context_is_cut_or_refused() {
    let server = start();
    let long = "word ".repeat(3_000);
    let mut body = json!({ "model": "nomic-embed-text", "input": long });
    assert_eq!(ask(&server, "/api/embed", &body).await["prompt_eval_count"], 2_048);
    body["truncate"] = json!(false);
    let refused = post(&server, "/api/embed", &body).await.unwrap();
    assert_eq!(refused.status(), 400);
    let refused: Value = refused.json().await.unwrap();
    assert_eq!(refused["error"], "the input length exceeds the context length");
}

#[tokio::test]
async fn refusals_and_faults() {
    let server = start();
    for (path, body, status, says) in [
        ("/api/embed", json!({ "model": "nope", "input": "x" }), 404, "model 'nope' not found"),
        ("/v1/embeddings", json!({ "model": "nope", "input": "x" }), 404, "model 'nope' not found"),
        ("/v1/embeddings", json!({ "model": "qwen3:8b", "input": [1, 2] }), 400, "invalid input type"),
        ("/v1/embeddings", json!({ "model": "qwen3:8b" }), 400, "invalid input"),
        ("/api/embed", json!({ "input": "x" }), 400, "model is required"),
        ("/api/embed", json!({ "model": "qwen3:8b", "input": {} }), 400, "invalid input type"),
    ] {
        let response = post(&server, path, &body).await.unwrap();
        assert_eq!(response.status(), status, "{path} {body}");
        let error = response.json::<Value>().await.unwrap()["error"].take();
        let error = if path.starts_with("/v1") { &error["message"] } else { &error };
        assert_eq!(error, says);
    }
    assert_eq!(server.counters().calls, 0, "what is refused is no call");
    server.fail(Fault::Status { code: 503, retry_after_s: None });
    for path in ["/api/embed", "/v1/embeddings"] {
        let body = json!({ "model": "nomic-embed-text", "input": "x" });
        assert_eq!(post(&server, path, &body).await.unwrap().status(), 503);
    }
    assert_eq!((server.counters().calls, server.counters().failed), (2, 2));
}
