//! Answers about cards are kept, and no reader gets one that is older than what was acknowledged.

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::task::yield_now;

use crate::running::{Running, run_of, text};

const WRITERS: i64 = 4;
const EDITS: i64 = 60;

/// A server, and how often it was asked at an address that nobody asked before, whose answer is not kept.
struct Watched {
    server: Running,
    fresh: AtomicUsize,
}

impl Watched {
    async fn start() -> Self {
        let server = Running::start().await;
        server.card_with_cases("card", 3).await;
        server.done("PUT /cards/card/labels/staging", &json!({ "version": 1 })).await;
        Self { server, fresh: AtomicUsize::new(21) }
    }

    /// The list, the card and what its label points to: as they are kept, or read anew.
    async fn answers(&self, anew: bool) -> [Value; 3] {
        let number = if anew { self.fresh.fetch_add(1, Ordering::Relaxed) } else { 20 };
        let get = async |address: String| {
            let answer = self.server.call(&format!("GET {address}"), &[], &Value::Null).await;
            json!({ "status": answer.status, "etag": answer.header("etag"), "body": answer.json() })
        };
        [
            get(format!("/cards?limit={number}")).await,
            get(format!("/cards/card?asked={number}")).await,
            get(format!("/cards/card/labels/staging?wait={number}")).await,
        ]
        .map(without_addresses)
    }

    /// Sends a change, and sees that the next reader of what is kept sees it.
    async fn change(&self, what: &str, body: Value) {
        self.answers(false).await;
        let etag = self.server.call(&format!("GET {}", of_draft(what)), &[], &Value::Null).await;
        let condition: Vec<(&str, &str)> =
            etag.header("etag").map(|etag| ("if-match", etag)).into_iter().collect();
        let answer = self.server.call(what, &condition, &body).await;
        assert!((200..300).contains(&answer.status), "{what}: {}", answer.text());
        self.compare(what).await;
    }

    async fn compare(&self, what: &str) {
        assert_eq!(self.answers(false).await, self.answers(true).await, "{what}");
    }
}

/// A problem names the address and the request.
fn without_addresses(mut answer: Value) -> Value {
    for name in ["instance", "request_id"] {
        answer["body"].as_object_mut().map(|body| body.remove(name));
    }
    answer
}

/// What has the ETag that a change must name.
fn of_draft(what: &str) -> String {
    let address = what.split_once(' ').unwrap().1;
    address.strip_suffix("/versions").map_or(address.to_owned(), |card| format!("{card}/draft"))
}

#[tokio::test]
async fn the_next_reader_sees_each_kind_of_change() {
    let watched = Watched::start().await;
    let suite = watched.server.read("/cards/card").await["suite_id"].as_str().unwrap().to_owned();
    let cases = watched.server.read(&format!("/suites/{suite}/cases")).await;
    let case = format!("/suites/{suite}/cases/{}", cases["items"][0]["id"].as_str().unwrap());
    for (what, body) in [
        ("PATCH /cards/card", json!({ "title": "Another", "tags": ["b", "a"], "folder": "x/y" })),
        ("PUT /cards/card/draft", json!({ "content": text("Say {{ word }} twice.") })),
        ("POST /cards/card/versions", json!({ "message": "Twice." })),
        ("PUT /cards/card/labels/production", json!({ "version": 1 })),
        ("PUT /cards/card/labels/staging", json!({ "version": 2 })),
        ("DELETE /cards/card/labels/staging", Value::Null),
        ("PUT /cards/card/labels/staging", json!({ "version": 1 })),
        ("POST /cards", json!({ "slug": "new", "title": "New" })),
        ("POST /cards/card/duplicate", json!({ "slug": "copy", "title": "Copy" })),
        ("POST /cards/new/archive", json!({})),
        ("POST /cards/new/restore", json!({})),
        (&format!("DELETE {case}"), Value::Null),
        (&format!("POST {case}/restore"), Value::Null),
        (
            &format!("POST /suites/{suite}/cases/import"),
            json!({ "items": [{ "variables": { "word": "x" } }] }),
        ),
        ("PATCH /cards/card", json!({ "slug": "moved" })),
        ("PATCH /cards/moved", json!({ "slug": "card" })),
    ] {
        watched.change(what, body).await;
    }
    watched.answers(false).await;
    let run = watched.server.done("POST /runs", &run_of("card")).await;
    let run = format!("/runs/{}", run["id"].as_str().unwrap());
    while watched.server.read(&run).await["state"] != "finished" {
        watched.answers(false).await;
        yield_now().await;
    }
    watched.compare("a finished run").await;
    assert_eq!(watched.answers(false).await[1]["body"]["last_rate"]["judged"], 0);
    watched.change(&format!("DELETE {run}"), Value::Null).await;
    assert_eq!(watched.answers(false).await[1]["body"]["last_rate"], Value::Null);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_reader_sees_what_was_acknowledged_before_it_asked() {
    let server = Running::start().await;
    let acknowledged: Vec<AtomicI64> = (0..WRITERS).map(|_| AtomicI64::new(0)).collect();
    for writer in 0..WRITERS {
        let card = json!({ "slug": format!("card-{writer}"), "title": "0" });
        server.done("POST /cards", &card).await;
    }
    let number = |card: &Value| card["title"].as_str().unwrap().parse::<i64>().unwrap();
    let known = || acknowledged.iter().map(|number| number.load(Ordering::SeqCst)).collect::<Vec<_>>();
    let write = async |writer: usize| {
        for edit in 1..=EDITS {
            let title = json!({ "title": edit.to_string() });
            let condition = [("if-match", &*format!("\"{edit}\""))];
            let answer = server.call(&format!("PATCH /cards/card-{writer}"), &condition, &title).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
            acknowledged[writer].store(edit, Ordering::SeqCst);
        }
    };
    let read = async |reader: usize| {
        while known().iter().sum::<i64>() < WRITERS * EDITS {
            let before = known();
            let one = server.read(&format!("/cards/card-{reader}")).await;
            assert!(number(&one) >= before[reader], "{} after {}", one["title"], before[reader]);
            let before = known();
            for card in server.read("/cards?limit=20").await["items"].as_array().unwrap() {
                let of =
                    card["slug"].as_str().unwrap().strip_prefix("card-").unwrap().parse::<usize>().unwrap();
                assert!(number(card) >= before[of], "{} after {}", card["title"], before[of]);
            }
        }
    };
    let writers = usize::try_from(WRITERS).unwrap();
    tokio::join!(join_all((0..writers).map(write)), join_all((0..writers).map(read)));
}
