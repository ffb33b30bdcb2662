//! The same requests have the same answers whether the binary keeps its data in a file or in `PostgreSQL`.

use std::collections::HashMap;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Actor, ServerProcess, TestDatabase};
use tokio::time::Instant;

use crate::conversation::converse;

/// What a client acts on beside the body.
const HEADERS: [&str; 8] =
    ["allow", "cache-control", "content-type", "etag", "link", "location", "retry-after", "vary"];

/// One call at a time, so that cells finish in their order; and a model that nobody waits for.
const CONFIG: &str = r#"
[[providers]]
name = "simulated"
kind = "simulated"
concurrency = 1
latency = { min_ms = 0, max_ms = 0 }

[[providers]]
name = "slow"
kind = "simulated"
concurrency = 1
latency = { min_ms = 600000, max_ms = 600000 }
"#;

#[tokio::test]
async fn a_hundred_calls_of_the_real_binary_are_answered_alike() {
    let database = TestDatabase::new();
    if !database.is_on_server() {
        testkit::not_run("a hundred calls on both databases", "TEST_POSTGRES_URL is not set");
        return;
    }
    let (of_server, of_file) =
        tokio::join!(told_by(&database), async { told_by(&TestDatabase::on_file()).await });
    let differences: Vec<String> = of_file
        .iter()
        .zip(&of_server)
        .filter(|(file, server)| file != server)
        .map(|(file, server)| format!("file:   {file:?}\nserver: {server:?}"))
        .collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert_eq!(of_file.len(), of_server.len());
    let accepted = of_file.iter().filter(|told| (200..300).contains(&told.status)).count();
    let calls = of_file.len();
    assert!(accepted >= 100 && calls - accepted >= 60, "{accepted} of {calls} calls were accepted");
}

async fn told_by(database: &TestDatabase) -> Vec<Told> {
    std::fs::write(database.folder().join("promptcards.toml"), CONFIG).unwrap();
    let url = database.url();
    let mut environment = vec![("PROMPTCARDS_LOG__LEVEL", "warn")];
    environment.extend(url.as_deref().map(|url| ("PROMPTCARDS_STORE__DATABASE_URL", url)));
    let binary = env!("CARGO_BIN_EXE_promptcards").as_ref();
    let server = ServerProcess::start(binary, database.folder(), &environment);
    let mut talk = Talk { actor: server.actor.clone(), told: Vec::new(), seen: HashMap::new() };
    converse(&mut talk).await;
    talk.told
}

/// One answer, without what differs from one start to the next.
#[derive(Debug, PartialEq)]
pub(crate) struct Told {
    call: String,
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Value,
}

/// What is said to one server.
pub(crate) struct Talk {
    actor: Actor,
    told: Vec<Told>,
    /// Ids by the order in which they came.
    seen: HashMap<String, usize>,
}

impl Talk {
    /// Asks, and keeps the answer. `what` is a method and a path below the workspace, or one that begins at `/`.
    pub(crate) async fn ask(&mut self, what: &str, headers: &[(&'static str, &str)], body: Value) -> Value {
        let (method, path) = what.split_once(' ').unwrap();
        let path = if path.starts_with('/') { path.to_owned() } else { format!("W/{path}") };
        let method: Method = method.parse().unwrap();
        let changes = method != Method::GET;
        let body = (!body.is_null()).then_some(body);
        let answer = self.actor.send(method, &path, headers, body.as_ref()).await;
        self.keep(what, answer.status.as_u16(), &answer.headers, &answer.body);
        if changes {
            next_moment().await;
        }
        answer.body
    }

    /// Reads, and keeps the answer.
    pub(crate) async fn get(&mut self, path: &str) -> Value {
        self.ask(&format!("GET {path}"), &[], Value::Null).await
    }

    /// Sends a text that need not be JSON.
    pub(crate) async fn say(&mut self, what: &str, text: &str) {
        let (method, path) = what.split_once(' ').unwrap();
        let answer =
            self.actor.send_text(method.parse().unwrap(), &format!("W/{path}"), text.to_owned()).await;
        self.keep(what, answer.status.as_u16(), &answer.headers, &answer.body);
    }

    /// Changes something under the ETag that it has now.
    pub(crate) async fn change(&mut self, of: &str, what: &str, body: Value) -> Value {
        let path = format!("W/{of}");
        let found = self.actor.get(&path).await;
        assert_eq!(found.status, 200, "{path}: {}", found.body);
        let etag = found.etag.unwrap();
        self.ask(what, &[("if-match", &etag)], body).await
    }

    /// Watches a run up to an event of a name, and keeps which ones came: what a live event tells of the run is how it
    /// is by then.
    pub(crate) async fn watch(&mut self, run: &Value, until: &str) {
        let mut events = self.actor.follow(run, 0).await;
        loop {
            let event = events.next().await.unwrap();
            let call = format!("event {:?} {}", event.id, event.name);
            self.told.push(Told { call, status: 200, headers: Vec::new(), body: Value::Null });
            if event.name == until {
                return;
            }
        }
    }

    /// Reads the events of a run that rests, from one on, up to one of a name, and keeps what they tell.
    pub(crate) async fn follow(&mut self, run: &Value, after: i64, until: &str) {
        let mut events = self.actor.follow(run, after).await;
        loop {
            let event = events.next().await.unwrap();
            let body = json!({ "id": event.id, "name": event.name, "data": event.data });
            let body = self.steady(&body, "");
            self.told.push(Told {
                call: format!("event until {until}"),
                status: 200,
                headers: Vec::new(),
                body,
            });
            if event.name == until {
                return;
            }
        }
    }

    fn keep(&mut self, call: &str, status: u16, headers: &reqwest::header::HeaderMap, body: &Value) {
        let headers: Vec<(&'static str, String)> = HEADERS
            .into_iter()
            .filter_map(|name| Some((name, headers.get(name)?.to_str().unwrap().to_owned())))
            .map(|(name, value)| match name {
                // Anything but a revision is a hash of what changed when.
                "etag" if value.len() > 12 => (name, "a hash".to_owned()),
                _ => (name, self.without_ids(&value)),
            })
            .collect();
        // A cursor holds a time and an id.
        let call = call.split_once("&cursor=").map_or(call, |(before, _)| before);
        let (call, mut body) = (self.without_ids(call), self.steady(body, ""));
        if (call.as_str(), status) == ("POST runs", 202) {
            // Its first cell may have been begun by then.
            for field in ["state", "event_number", "started_at"] {
                body[field] = Value::Null;
            }
        }
        self.told.push(Told { call, status, headers, body });
    }

    /// Times and durations are only there or not, ids are numbered.
    fn steady(&mut self, value: &Value, key: &str) -> Value {
        let measured = ["_at", "_ms", "_mean", "_per_second", "_bytes"].iter().any(|end| key.ends_with(end));
        match value {
            Value::Null => Value::Null,
            _ if measured => json!("measured"),
            _ if ["request_id", "next_cursor"].contains(&key) => json!("there"),
            Value::Object(fields) => {
                fields.iter().map(|(key, value)| (key.clone(), self.steady(value, key))).collect()
            }
            Value::Array(items) => items.iter().map(|item| self.steady(item, key)).collect(),
            Value::String(text) => Value::String(self.without_ids(text)),
            other => other.clone(),
        }
    }

    /// A text with `{id 1}` in place of the first id that came, and so on, and without times.
    fn without_ids(&mut self, text: &str) -> String {
        let mut steady = String::new();
        let mut rest = text;
        while let Some(letter) = rest.chars().next() {
            if let Some(id) = rest.get(..36).filter(|part| is_id(part)) {
                let next = self.seen.len() + 1;
                let number = *self.seen.entry(id.to_owned()).or_insert(next);
                steady.extend(["{id ", &number.to_string(), "}"]);
                rest = &rest[36..];
            } else if let Some(length) = length_of_time(rest) {
                steady.push_str("{time}");
                rest = &rest[length..];
            } else {
                steady.push(letter);
                rest = &rest[letter.len_utf8()..];
            }
        }
        steady
    }
}

fn is_id(text: &str) -> bool {
    text.bytes().enumerate().all(|(place, byte)| match place {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    })
}

/// How long the time is that a text begins with: `2026-11-22T08:00:09.1Z`.
fn length_of_time(text: &str) -> Option<usize> {
    let begins = text.as_bytes().get(..11)?.iter().enumerate().all(|(place, byte)| match place {
        4 | 7 => *byte == b'-',
        10 => *byte == b'T',
        _ => byte.is_ascii_digit(),
    });
    begins.then(|| text.find('Z')).flatten().map(|end| end + 1)
}

/// Lets a millisecond end: of two things that were changed in the same one, no list says which came first.
async fn next_moment() {
    let began = Instant::now();
    while began.elapsed() < Duration::from_millis(2) {
        tokio::task::yield_now().await;
    }
}
