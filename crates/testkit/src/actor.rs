//! A person at the API.

use std::net::SocketAddr;

use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::accounts::PASSWORD;
use crate::events::Events;

/// Somebody who talks to a server over HTTP.
#[derive(Debug, Clone)]
pub struct Actor {
    client: Client,
    base: String,
    /// What they show: an access token or an API key.
    token: Option<String>,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The ETag with its quotes, if there was one.
    pub etag: Option<String>,
    /// The Location, if there was one.
    pub location: Option<String>,
    /// The content type, if there was one.
    pub content_type: Option<String>,
    /// After how many seconds to try again, if that was said.
    pub retry_after: Option<u64>,
    /// All headers.
    pub headers: HeaderMap,
    /// The body; null where there was none.
    pub body: Value,
}

impl Answer {
    /// The body, where the status is the wanted one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{:#}", self.body);
        self.body
    }

    /// The problem, where the status and the code are the wanted ones.
    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) -> Value {
        let body = self.expect(status);
        assert_eq!(body["code"], code, "{body:#}");
        body
    }
}

impl Actor {
    /// Somebody at the server of this address who has not signed in.
    pub fn at(address: SocketAddr) -> Self {
        promptcards::install_cryptography();
        let client = Client::builder().no_proxy().build().unwrap();
        Self { client, base: format!("http://{address}"), token: None }
    }

    /// Somebody who reaches a server by way of this client, under an address such as `https://cards.example.org`.
    pub fn by(client: Client, address: impl Into<String>) -> Self {
        Self { client, base: address.into(), token: None }
    }

    /// Somebody who shows this access token or API key.
    #[must_use]
    pub fn with(&self, token: impl Into<String>) -> Self {
        Self { token: Some(token.into()), ..self.clone() }
    }

    /// Somebody else, who has not signed in.
    #[must_use]
    pub fn anonymous(&self) -> Self {
        Self { token: None, ..self.clone() }
    }

    /// What they show, for a program that is to show the same.
    pub fn token(&self) -> &str {
        self.token.as_deref().unwrap()
    }

    /// Signs in with the password of every test, and shows the token from then on.
    pub async fn sign_in(&self, name: &str) -> Self {
        let body = json!({ "name": name, "password": PASSWORD, "tokens": true });
        let session = self.anonymous().post("/api/v1/session", &body).await.expect(201);
        self.with(session["tokens"]["access_token"].as_str().unwrap())
    }

    /// Makes an account by an invitation of this admin, and signs it in. `member` is what it is in `default`.
    pub async fn invite(&self, name: &str, role: &str, member: Option<&str>) -> Self {
        let mut invitation = json!({ "name": name, "role": role });
        if let Some(member) = member {
            invitation["workspace"] = json!("default");
            invitation["workspace_role"] = json!(member);
        }
        let link = self.post("/api/v1/users/invitations", &invitation).await.expect(201);
        let (_, secret) = link["link"].as_str().unwrap().split_once('#').unwrap();
        let accept = json!({ "secret": secret, "name": name, "password": PASSWORD });
        self.anonymous().post("/api/v1/links/accept", &accept).await.expect(201);
        self.sign_in(name).await
    }

    /// The address of a path: one that begins with `W/` lies in the workspace `default`.
    pub fn url(&self, path: &str) -> String {
        match path.strip_prefix("W/") {
            Some(rest) => format!("{}/api/v1/workspaces/default/{rest}", self.base),
            None => format!("{}{path}", self.base),
        }
    }

    /// Sends a request with headers and, perhaps, a JSON body.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&'static str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        answer(self.composed(method, path, headers, body)).await
    }

    /// The same to a server that may be killed meanwhile: then there is no answer.
    pub async fn try_send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&'static str, &str)],
        body: Option<&Value>,
    ) -> Option<Answer> {
        try_answer(self.composed(method, path, headers, body)).await.ok()
    }

    fn composed(
        &self,
        method: Method,
        path: &str,
        headers: &[(&'static str, &str)],
        body: Option<&Value>,
    ) -> RequestBuilder {
        let request = headers
            .iter()
            .fold(self.request(method, path), |request, (name, value)| request.header(*name, *value));
        match body {
            Some(body) => request.json(body),
            None => request,
        }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, self.url(path));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends a text as it is, as JSON.
    pub async fn send_text(&self, method: Method, path: &str, body: String) -> Answer {
        answer(self.request(method, path).header("content-type", "application/json").body(body)).await
    }

    /// A card `echo` whose models of `fake-ollama` repeat the variable `word`.
    pub async fn echo_card(&self) -> Value {
        let text = "Repeat after me: {{ word }}";
        let content = json!({
            "kind": "text",
            "messages": [{ "role": "user", "content": [{ "type": "text", "text": text }] }],
            "variables": [{ "name": "word", "type": "text", "required": true }],
            "parameters": { "think": false },
        });
        self.card("echo", &content).await
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], None).await
    }

    /// The body of what is no JSON.
    pub async fn text(&self, path: &str) -> String {
        let response = self.request(Method::GET, path).send().await.unwrap();
        assert!(response.status().is_success(), "{path}: {}", response.status());
        response.text().await.unwrap()
    }

    /// POST with a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, &[], Some(body)).await
    }

    /// POST to a server that may be killed meanwhile: then there is no answer.
    pub async fn try_post(&self, path: &str, body: &Value) -> Option<Answer> {
        self.try_send(Method::POST, path, &[], Some(body)).await
    }

    /// PUT with a JSON body, over the thing of this ETag.
    pub async fn put(&self, path: &str, etag: &str, body: &Value) -> Answer {
        self.send(Method::PUT, path, &[("if-match", etag)], Some(body)).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, &[], None).await
    }

    /// Makes a card of one text template and saves it as version 1. Returns the card.
    pub async fn card(&self, slug: &str, content: &Value) -> Value {
        let new = json!({ "slug": slug, "title": slug, "content": content });
        self.post("W/cards", &new).await.expect(201);
        let etag = self.get(&format!("W/cards/{slug}/draft")).await.etag.unwrap();
        let save = json!({ "message": "First version" });
        let path = format!("W/cards/{slug}/versions");
        self.send(Method::POST, &path, &[("if-match", &etag)], Some(&save)).await.expect(201);
        self.get(&format!("W/cards/{slug}")).await.expect(200)
    }

    /// Adds cases to the suite of a card.
    pub async fn cases(&self, card: &Value, cases: &[Value]) {
        let suite = card["suite_id"].as_str().unwrap();
        for chunk in cases.chunks(5_000) {
            let import = json!({ "items": chunk });
            self.post(&format!("W/suites/{suite}/cases/import"), &import).await.expect(201);
        }
    }

    /// Starts a run of a card on models, each `provider/model`, that asks every model.
    pub async fn start(&self, slug: &str, models: &[&str], repeats: u32) -> Value {
        let models: Vec<Value> = models
            .iter()
            .map(|model| {
                let (provider, model) = model.split_once('/').unwrap();
                json!({ "provider": provider, "model": model })
            })
            .collect();
        let request = json!({
            "card_versions": [{ "slug": slug }], "models": models, "repeats": repeats, "cache": false,
        });
        self.post("W/runs", &request).await.expect(202)
    }

    /// A run as it is now.
    pub async fn run(&self, run: &Value) -> Value {
        self.get(&format!("W/runs/{}", run["id"].as_str().unwrap())).await.expect(200)
    }

    /// Follows a run from the event after a number.
    pub async fn follow(&self, run: &Value, after: i64) -> Events {
        self.events(&format!("W/runs/{}/events?after={after}", run["id"].as_str().unwrap())).await
    }

    /// Follows what the stream at a path says.
    pub async fn events(&self, path: &str) -> Events {
        let response = self.request(Method::GET, path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        Events::of(response)
    }

    /// The same at a server that may be killed meanwhile: then there is no stream, nor where it is refused.
    pub async fn try_events(&self, path: &str) -> Option<Events> {
        let response = self.request(Method::GET, path).send().await.ok()?;
        (response.status() == StatusCode::OK).then(|| Events::of(response))
    }

    /// Follows a run to its end and returns it as it is then.
    pub async fn finish(&self, run: &Value) -> Value {
        let mut events = self.follow(run, 0).await;
        while let Some(event) = events.next().await {
            if event.name == "run_finished" || event.name == "run_cancelled" {
                break;
            }
        }
        self.run(run).await
    }

    /// All cells of a run, by number.
    pub async fn cells(&self, run: &Value) -> Vec<Value> {
        let mut cells = Vec::new();
        let mut path = format!("W/runs/{}/cells?limit=200", run["id"].as_str().unwrap());
        let first = path.clone();
        loop {
            let page = self.get(&path).await.expect(200);
            cells.extend(page["items"].as_array().unwrap().iter().cloned());
            match page["next_cursor"].as_str() {
                Some(cursor) => path = format!("{first}&cursor={cursor}"),
                None => return cells,
            }
        }
    }
}

async fn answer(request: RequestBuilder) -> Answer {
    try_answer(request).await.unwrap()
}

async fn try_answer(request: RequestBuilder) -> reqwest::Result<Answer> {
    let response = request.send().await?;
    let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    let (status, etag, location) = (response.status(), header("etag"), header("location"));
    let content_type = header("content-type");
    let retry_after = header("retry-after").map(|seconds| seconds.parse().unwrap());
    let headers = response.headers().clone();
    let bytes = response.bytes().await?;
    let body = if bytes.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Value::from(String::from_utf8_lossy(&bytes).into_owned()))
    };
    Ok(Answer { status, etag, location, content_type, retry_after, headers, body })
}
