//! `kill -9` in the midst of an import: afterwards there is all of it or nothing, and the next start clears up.

use std::path::Path;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use store::{Sql, Store};
use testkit::{ServerProcess, TestDatabase};
use tokio::task::yield_now;

const CARDS: i64 = 200;
const CASES: i64 = 20;

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_in_an_import_leaves_all_of_it_or_nothing() {
    let database = TestDatabase::on_file();
    let binary: &Path = env!("CARGO_BIN_EXE_promptcards").as_ref();
    let start = || ServerProcess::start(binary, database.folder(), &[("PROMPTCARDS_LOG__LEVEL", "info")]);
    let body = json!({ "files": [{ "name": "many.yaml", "text": file() }] });
    let (mut writes, mut others, mut cut) = (0, 0, 0);
    loop {
        let server = start();
        let (actor, body, before) = (server.actor.clone(), body.clone(), written(&database));
        #[expect(clippy::disallowed_methods, reason = "it is waited for below")]
        let import = tokio::spawn(async move { actor.post("W/import", &body).await.status.as_u16() });
        while written(&database) == before && !import.is_finished() {
            yield_now().await;
        }
        // Each waits for the step of the import that is under way.
        for _ in 0..writes {
            others += 1;
            let card = json!({ "slug": format!("other-{others}"), "title": "Other" });
            server.actor.post("W/cards", &card).await.expect(201);
        }
        server.kill();
        // The server is gone when it would answer, unless it was quicker.
        let answer = import.await.ok();
        let server = start();
        let total = server.actor.get("W/cards/facets").await.expect(200)["total"].as_i64().unwrap();
        cut += u32::from(server.log().contains("an import that was cut short was removed"));
        server.kill();
        let imported = if total > others { CARDS } else { 0 };
        assert_eq!(total, others + imported, "after {writes} writes");
        assert!(imported > 0 || answer != Some(201), "what was acknowledged is not there");
        let rows = [1, total, imported * CASES, total];
        assert_eq!(counts(&database).await, rows, "after {writes} writes");
        if imported > 0 {
            break;
        }
        writes = 2 * writes + 1;
    }
    assert!(cut >= 2, "it was cut {cut} times");
}

/// When the log of the database was last written.
fn written(database: &TestDatabase) -> Option<SystemTime> {
    std::fs::metadata(database.folder().join("promptcards.db-wal")).ok()?.modified().ok()
}

/// How many workspaces, cards, cases and suites there are, seen or not.
async fn counts(database: &TestDatabase) -> Vec<i64> {
    const ROWS: [Sql; 4] = [
        Sql::new("SELECT COUNT(*) FROM workspaces"),
        Sql::new("SELECT COUNT(*) FROM cards"),
        Sql::new("SELECT COUNT(*) FROM test_cases"),
        Sql::new("SELECT COUNT(*) FROM suites"),
    ];
    let store = Store::open(database.settings()).unwrap();
    let counts = store.read(|conn| ROWS.into_iter().map(|rows| conn.query_one(rows, &[])).collect());
    let counts = counts.await.unwrap();
    store.close(Duration::from_mins(1)).await.unwrap();
    counts
}

/// Cards, each with a suite of its own.
fn file() -> String {
    let card = |card: i64| {
        let content = json!({ "kind": "text", "messages": [{ "user": "What is {{ word }}?" }] });
        json!({
            "slug": format!("card-{card}"), "title": "Imported", "suite": format!("suite-{card}"),
            "labels": { "live": 1 }, "versions": [{ "version": 1, "message": "Why.", "content": content }],
        })
    };
    let suite = |suite: i64| {
        let case = |number: i64| json!({ "variables": { "word": format!("case {number} of {suite}") } });
        let cases: Vec<Value> = (0..CASES).map(case).collect();
        json!({ "key": format!("suite-{suite}"), "name": "Suite", "cases": cases })
    };
    let (cards, suites): (Vec<_>, Vec<_>) = (0..CARDS).map(|index| (card(index), suite(index))).unzip();
    json!({ "promptcards": 1, "cards": cards, "suites": suites }).to_string()
}
