//! What a server calls, and what it does not, from outside.

mod corpus;
mod hosts;
mod keys;
mod providers;

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Actor, Answer, TestServer};

/// A model server that has one model and keeps what it hears.
pub(crate) struct Listener {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Listener {
    pub(crate) fn start() -> Self {
        Self::answering("200 OK", "")
    }

    /// One that answers with this status and these further lines of its head.
    pub(crate) fn answering(status: &str, lines: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&requests);
        let (status, lines) = (status.to_owned(), lines.to_owned());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let head = head(&stream);
                kept.lock().unwrap().push(head);
                let body =
                    json!({ "models": [], "data": [{ "id": "m", "object": "model" }], "version": "0.9" });
                let body = body.to_string();
                let length = body.len();
                // Who has gone hears nothing.
                let _ = write!(
                    &stream,
                    "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n{lines}\
                     Connection: close\r\n\r\n{body}"
                );
            }
        });
        Self { address, heard: requests }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The heads of all requests so far, an empty one for a connection without a request.
    pub(crate) fn heard(&self) -> Vec<String> {
        // Connections are taken one after the other: when this one was, so were all before it.
        let mut last = TcpStream::connect(self.address).unwrap();
        last.write_all(b"GET /last HTTP/1.1\r\n\r\n").unwrap();
        let mut line = String::new();
        BufReader::new(last).read_line(&mut line).unwrap();
        let mut heard = self.heard.lock().unwrap().clone();
        heard.retain(|head| !head.starts_with("GET /last"));
        heard
    }
}

fn head(stream: &TcpStream) -> String {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).unwrap_or(0) == 0 {
            break;
        }
    }
    head
}

/// Lets the server call what is at this address.
pub(crate) async fn allow(actor: &Actor, endpoint: &str) -> Value {
    actor.post("/api/v1/outbound/endpoints", &json!({ "endpoint": endpoint })).await.expect(201)
}

pub(crate) async fn add(actor: &Actor, name: &str, kind: &str, base_url: &str) -> Answer {
    let new = json!({ "name": name, "kind": kind, "base_url": base_url });
    actor.post("W/providers", &new).await
}

pub(crate) fn path(provider: &Value) -> String {
    format!("W/providers/{}", provider["id"].as_str().unwrap())
}

pub(crate) async fn edit(actor: &Actor, provider: &Value, edit: &Value) -> Answer {
    let etag = actor.get(&path(provider)).await.etag.unwrap();
    actor.send(Method::PATCH, &path(provider), &[("if-match", &etag)], Some(edit)).await
}

pub(crate) async fn models(actor: &Actor, provider: &Value) -> Value {
    actor.get(&format!("{}/models", path(provider))).await.expect(200)
}

#[tokio::test]
async fn the_list_begins_with_what_the_configuration_names_and_admins_add_to_it() {
    let server = TestServer::start().await;
    let admin = &server.actor;
    let list = async |actor: &Actor, path: &str| -> Vec<String> {
        let items = actor.get(path).await.expect(200)["items"].as_array().unwrap().clone();
        items.iter().map(|item| item["endpoint"].as_str().unwrap().to_owned()).collect()
    };
    let ollama = server.ollama.url();
    let endpoints = "/api/v1/outbound/endpoints";
    assert_eq!(list(admin, endpoints).await, ["http://127.0.0.1:11434", ollama.as_str()]);

    let added = allow(admin, "HTTP://GPU-Box.:11434/").await;
    assert_eq!(
        (&added["endpoint"], &added["source"], added["added_by"].is_string()),
        (&json!("http://gpu-box:11434"), &json!("added"), true)
    );
    let again = admin.post(endpoints, &json!({ "endpoint": "http://gpu-box:11434" })).await.expect(200);
    assert_eq!(again, added);
    let configured = admin.post(endpoints, &json!({ "endpoint": ollama })).await.expect(200);
    assert_eq!((&configured["id"], &configured["source"]), (&Value::Null, &json!("configuration")));
    // Owners choose from the same list.
    let owner = admin.invite("olga", "user", Some("owner")).await;
    assert_eq!(list(&owner, "W/endpoints").await.last().unwrap(), "http://gpu-box:11434");
    owner.post(endpoints, &json!({ "endpoint": "http://a:1" })).await.expect_problem(403, "forbidden");

    let entry = format!("{endpoints}/{}", added["id"].as_str().unwrap());
    admin.delete(&entry).await.expect(204);
    admin.delete(&entry).await.expect_problem(404, "not_found");
    assert_eq!(list(admin, endpoints).await.len(), 2);
    let audit = admin.get("/api/v1/audit?action=hosts.edit").await.expect(200);
    let details: Vec<&Value> =
        audit["items"].as_array().unwrap().iter().map(|line| &line["detail"]).collect();
    assert_eq!(
        details,
        [&json!({ "removed": "http://gpu-box:11434" }), &json!({ "added": "http://gpu-box:11434" })]
    );
    server.stop().await;
}

#[tokio::test]
async fn what_is_never_called_cannot_be_listed_and_the_reason_is_said() {
    let server = TestServer::start().await;
    let own = format!("http://127.0.0.1:{}", server.address().port());
    for endpoint in [
        own.as_str(),
        "http://169.254.169.254:80",
        "http://[fd00:ec2::254]:80",
        "http://[::ffff:169.254.169.254]:80",
        "http://0.0.0.0/0:443",
        "http://db:5432",
        "http://127.0.0.1:6379",
        "ftp://files:21",
        "http://user:secret@host:80",
        "http://host:80/v1",
        "gpu-box:11434",
        "",
    ] {
        let body = json!({ "endpoint": endpoint });
        let problem =
            server.actor.post("/api/v1/outbound/endpoints", &body).await.expect_problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], "/endpoint", "{problem:#}");
        assert!(!problem.to_string().contains("secret"), "{problem:#}");
    }
    server.stop().await;
}
