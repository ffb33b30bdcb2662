//! Waiting for a label to move.

use std::time::Duration;

use api::door::Door;
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::yield_now;
use tokio::time::{Instant, timeout};

use crate::raw::{Answer, request};
use crate::running::{Running, W};

const LABEL: &str = "/cards/greet/labels/production";

/// A server whose card `greet` has two versions; `production` points to the first.
async fn labelled() -> Running {
    let server = Running::start().await;
    server.draft("greet", "Hello.").await;
    server.save("greet").await;
    server.save_as("greet", "Good day.").await;
    move_to(&server, 1).await;
    server
}

async fn move_to(server: &Running, version: i64) {
    server.done(&format!("PUT {LABEL}"), &json!({ "version": version })).await;
}

async fn wait(server: &Running, seconds: &str, etag: &str) -> Answer {
    let what = format!("GET {LABEL}?wait={seconds}");
    server.call(&what, &[("if-none-match", etag)], &Value::Null).await
}

/// Until so many places to wait are taken.
async fn taken(door: &Door, free: usize, places: usize) {
    let all_taken = async {
        while door.waiting().available_permits() != free - places {
            yield_now().await;
        }
    };
    timeout(Duration::from_secs(30), all_taken).await.unwrap();
}

#[tokio::test]
async fn who_waits_hears_of_each_move_at_once() {
    let server = labelled().await;
    let free = server.door.waiting().available_permits();
    let started = Instant::now();
    for version in [2, 1].repeat(10) {
        let etag = server.etag(LABEL).await;
        let (answer, ()) = tokio::join!(wait(&server, "60", &etag), async {
            taken(&server.door, free, 1).await;
            move_to(&server, version).await;
        });
        assert_eq!((answer.status, &answer.json()["version"]["number"]), (200, &json!(version)));
        assert_eq!(answer.header("etag"), Some(server.etag(LABEL).await.as_str()));
    }
    // One who had to look by itself would need two seconds for each.
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    taken(&server.door, free, 0).await;
}

#[tokio::test]
async fn two_hundred_are_woken_by_one_move_and_those_of_another_card_wait_on() {
    let server = labelled().await;
    server.draft("other", "Hello.").await;
    server.save("other").await;
    server.done("PUT /cards/other/labels/production", &json!({ "version": 1 })).await;
    let (etag, other) = (server.etag(LABEL).await, server.etag("/cards/other/labels/production").await);
    let free = server.door.waiting().available_permits();
    let of_other = async {
        let what = "GET /cards/other/labels/production?wait=4";
        server.call(what, &[("if-none-match", &other)], &Value::Null).await.status
    };
    let (answers, other, ()) =
        tokio::join!(join_all((0..200).map(|_| wait(&server, "60", &etag))), of_other, async {
            taken(&server.door, free, 201).await;
            move_to(&server, 2).await;
        });
    assert_eq!(other, 304);
    assert!(answers.iter().all(|answer| answer.status == 200 && answer.json()["version"]["number"] == 2));
}

#[tokio::test]
async fn nobody_waits_who_has_nothing_or_something_else_or_asks_for_what_is_not_there() {
    let server = labelled().await;
    let started = Instant::now();
    assert_eq!(wait(&server, "60", "\"of-before\"").await.status, 200);
    let first = server.call(&format!("GET {LABEL}?wait=60"), &[], &Value::Null).await;
    assert_eq!((first.status, &first.json()["version"]["number"]), (200, &json!(1)));
    let none = "GET /cards/greet/labels/nowhere?wait=60";
    assert_eq!(server.call(none, &[], &Value::Null).await.code(), "not_found");
    assert!(started.elapsed() < Duration::from_secs(50));
}

#[tokio::test]
async fn when_the_time_is_over_the_answer_is_that_nothing_has_changed() {
    let server = labelled().await;
    let etag = server.etag(LABEL).await;
    let started = Instant::now();
    let answer = wait(&server, "1", &etag).await;
    assert!(started.elapsed() >= Duration::from_secs(1));
    assert_eq!((answer.status, answer.header("etag"), answer.body.len()), (304, Some(etag.as_str()), 0));
}

#[tokio::test]
async fn a_label_that_is_removed_ends_the_wait() {
    let server = labelled().await;
    let free = server.door.waiting().available_permits();
    let etag = server.etag(LABEL).await;
    let (answer, ()) = tokio::join!(wait(&server, "60", &etag), async {
        taken(&server.door, free, 1).await;
        server.done(&format!("DELETE {LABEL}"), &Value::Null).await;
    });
    assert_eq!(answer.code(), "not_found");
}

#[tokio::test]
async fn a_move_that_nobody_told_of_is_found_by_looking() {
    let server = labelled().await;
    let free = server.door.waiting().available_permits();
    let etag = server.etag(LABEL).await;
    let workspace = server.engine.workspace("default").await.unwrap();
    let (answer, ()) = tokio::join!(wait(&server, "60", &etag), async {
        taken(&server.door, free, 1).await;
        let moved = server.store.write(move |conn| {
            let card = store::cards::find(conn, workspace, "greet")?.unwrap();
            store::labels::set(conn, "a-move", card.id, "production", Some(2), "somebody", 0)
        });
        moved.await.unwrap();
    });
    assert_eq!((answer.status, &answer.json()["version"]["number"]), (200, &json!(2)));
}

#[tokio::test]
async fn a_wait_that_is_none_is_refused_with_what_it_may_be() {
    let server = labelled().await;
    for wait in ["0", "61", "99999999999999999999999", "-1", "1.5", "soon", ""] {
        let answer = server.call(&format!("GET {LABEL}?wait={wait}"), &[], &Value::Null).await;
        assert_eq!((answer.status, answer.code().as_str()), (422, "invalid"), "{wait}");
        assert_eq!(answer.pointer(), "/wait");
        let detail = &answer.json()["errors"][0]["detail"];
        assert_eq!(detail, "Expected a whole number of seconds from 1 to 60.", "{wait}");
    }
    let twice = server.call(&format!("GET {LABEL}?wait=1&wait=2"), &[], &Value::Null).await;
    assert_eq!(twice.code(), "invalid");
}

#[tokio::test]
async fn when_all_places_are_taken_one_is_sent_away_and_the_others_are_served() {
    let server = labelled().await;
    let etag = server.etag(LABEL).await;
    let all = u32::try_from(server.door.waiting().available_permits()).unwrap();
    let others = server.door.waiting().try_acquire_many(all - 1).unwrap();
    let what = format!("GET {W}{LABEL}?wait=60");
    let mut last = TcpStream::connect(server.address()).await.unwrap();
    let mut headers = server.signed();
    headers.push(("if-none-match", &etag));
    last.write_all(&request(server.address(), &what, &headers, b"")).await.unwrap();
    taken(&server.door, 1, 1).await;

    let refused = wait(&server, "60", &etag).await;
    assert_eq!((refused.status, refused.code().as_str()), (503, "overloaded"));
    assert_eq!(refused.header("retry-after"), Some("5"));
    let plain = server.call(&format!("GET {LABEL}"), &[("if-none-match", &etag)], &Value::Null).await;
    assert_eq!(plain.status, 304, "asking without waiting needs no such place");

    drop((last, others));
    // Ends when the place of the one that went away is free again.
    drop(server.door.waiting().acquire_many(all).await.unwrap());
}

#[tokio::test]
async fn a_server_that_stops_sends_those_who_wait_home() {
    let server = labelled().await;
    let free = server.door.waiting().available_permits();
    let etag = server.etag(LABEL).await;
    let started = Instant::now();
    let (answer, ()) = tokio::join!(wait(&server, "60", &etag), async {
        taken(&server.door, free, 1).await;
        server.closing.cancel();
    });
    assert_eq!(answer.status, 304);
    server.tasks.wait().await;
    assert!(started.elapsed() < Duration::from_secs(20), "within the time to finish requests");
}
