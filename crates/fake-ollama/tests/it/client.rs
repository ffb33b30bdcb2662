//! A client that keeps every line it was sent.

use fake_ollama::{FakeOllama, Options};
use reqwest::{Client, Response};
use serde_json::{Value, json};

pub(crate) fn start() -> FakeOllama {
    FakeOllama::start(Options::default()).unwrap()
}

thread_local! {
    static CLIENT: Client = {
        // A second install in one process is refused, and as good as the first.
        rustls::crypto::ring::default_provider().install_default().ok();
        Client::builder().no_proxy().build().unwrap()
    };
}

/// The client of this test: each test has a thread and a runtime of its own.
pub(crate) fn client() -> Client {
    CLIENT.with(Client::clone)
}

pub(crate) async fn post(server: &FakeOllama, path: &str, body: &Value) -> reqwest::Result<Response> {
    client().post(format!("{}{path}", server.url())).json(body).send().await
}

pub(crate) async fn get(server: &FakeOllama, path: &str) -> Response {
    client().get(format!("{}{path}", server.url())).send().await.unwrap()
}

/// A chat with one user message; `extra` is laid over the request.
pub(crate) fn chat(model: &str, prompt: &str, extra: &Value) -> Value {
    let mut body = json!({ "model": model, "messages": [{ "role": "user", "content": prompt }] });
    for (key, value) in extra.as_object().into_iter().flatten() {
        body[key] = value.clone();
    }
    body
}

/// The whole answer to a chat that is not streamed.
pub(crate) async fn ask(server: &FakeOllama, model: &str, prompt: &str, extra: &Value) -> Value {
    let mut body = chat(model, prompt, extra);
    body["stream"] = json!(false);
    post(server, "/api/chat", &body).await.unwrap().json().await.unwrap()
}

/// What came of a stream, and how it ended.
pub(crate) struct Streamed {
    pub(crate) text: String,
    /// The connection broke before the end.
    pub(crate) broken: bool,
}

impl Streamed {
    pub(crate) async fn read(mut response: Response) -> Self {
        let (mut bytes, mut broken) = (Vec::new(), false);
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
                Ok(None) => break,
                Err(_) => {
                    broken = true;
                    break;
                }
            }
        }
        Self { text: String::from_utf8(bytes).unwrap(), broken }
    }

    /// `Err` for a line that is no JSON.
    pub(crate) fn lines(&self) -> Vec<Result<Value, serde_json::Error>> {
        self.text.lines().map(serde_json::from_str).collect()
    }

    pub(crate) fn values(&self) -> Vec<Value> {
        self.lines().into_iter().map(Result::unwrap).collect()
    }

    /// The contents of all lines, put together.
    pub(crate) fn content(&self) -> String {
        self.values().iter().filter_map(|line| line["message"]["content"].as_str()).collect()
    }
}

pub(crate) async fn stream(server: &FakeOllama, body: &Value) -> Streamed {
    Streamed::read(post(server, "/api/chat", body).await.unwrap()).await
}
