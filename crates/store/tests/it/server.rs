//! A database server that goes away, stands still, refuses, and several writers on it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use store::{Error, Sql, Store, StoreSettings};

use crate::notes::{Notes, insert};

const PIDS: &str = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'promptcards'";

/// The table on a server, or None where there is none to test with.
async fn notes_on_server(test: &str) -> Option<Notes> {
    if std::env::var_os("TEST_POSTGRES_URL").is_none() {
        testkit::not_run(test, "TEST_POSTGRES_URL is not set");
        return None;
    }
    Some(Notes::open_with(|settings| StoreSettings { database_timeout_ms: 400, ..settings }).await)
}

#[tokio::test]
async fn a_connection_that_was_cut_between_two_calls_is_made_again() {
    let Some(notes) = notes_on_server("cut between calls").await else { return };
    for number in 0..5 {
        notes.store.write(move |conn| insert(conn, &format!("serializable {number}"))).await.unwrap();
        notes.store.write_guarded(move |conn| insert(conn, &format!("guarded {number}"))).await.unwrap();
        assert_eq!(notes.texts().await.len(), 2 * (number + 1));
        notes.database.cut_connections();
    }
}

#[tokio::test]
async fn a_closure_whose_connection_is_cut_runs_again_and_is_stored_once() {
    let Some(notes) = notes_on_server("cut inside a closure").await else { return };
    let database = Arc::new(notes.database);
    let runs = Arc::new(AtomicUsize::new(0));
    let (cut, counted) = (Arc::clone(&database), Arc::clone(&runs));
    let written = notes.store.write(move |conn| {
        insert(conn, "before")?;
        if counted.fetch_add(1, Ordering::SeqCst) == 0 {
            cut.cut_connections();
        }
        insert(conn, "after")
    });
    assert_eq!(written.await, Ok(1));
    assert_eq!(runs.load(Ordering::SeqCst), 2);
    assert_eq!(crate::notes::texts(&notes.store).await, ["before", "after"]);
}

#[tokio::test]
async fn a_server_that_stands_still_holds_a_call_for_its_time_limit_and_no_longer() {
    let Some(notes) = notes_on_server("frozen server").await else { return };
    insert_one(&notes.store, "before").await.unwrap();
    let frozen = notes.database.signal("STOP", PIDS);
    assert!(!frozen.is_empty());
    let refused = tokio::time::timeout(Duration::from_secs(20), insert_one(&notes.store, "during")).await;
    assert!(matches!(refused, Ok(Err(Error::Unavailable { .. }))), "{refused:?}");
    // The next one is on a connection of its own.
    insert_one(&notes.store, "after").await.unwrap();
    notes.database.signal_processes("CONT", &frozen);
    assert_eq!(notes.texts().await, ["before", "after"]);
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_given_up_and_not_run_again() {
    const SLEEP: Sql = Sql::new("SELECT 1 FROM (SELECT pg_sleep(30)) AS slept");
    let Some(notes) = notes_on_server("slow statement").await else { return };
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let slow = notes.store.write(move |conn| {
        counted.fetch_add(1, Ordering::SeqCst);
        conn.query_one::<i64>(SLEEP, &[])
    });
    assert!(matches!(slow.await, Err(Error::Unavailable { .. })));
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    let still_at_it = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' \
                       AND pid <> pg_backend_pid()";
    assert!(notes.database.query(still_at_it).is_empty(), "the server goes on with what nobody waits for");
    insert_one(&notes.store, "next").await.unwrap();
}

#[tokio::test]
async fn a_server_that_can_only_be_read_refuses_writes_until_it_can_be_written() {
    let Some(notes) = notes_on_server("read-only server").await else { return };
    insert_one(&notes.store, "before").await.unwrap();
    notes.database.alter("SET default_transaction_read_only = on");
    notes.database.cut_connections();
    assert!(matches!(insert_one(&notes.store, "during").await, Err(Error::Unavailable { .. })));
    assert_eq!(notes.texts().await, ["before"]);
    notes.database.alter("RESET default_transaction_read_only");
    notes.database.cut_connections();
    insert_one(&notes.store, "after").await.unwrap();
    assert_eq!(notes.texts().await, ["before", "after"]);
}

#[tokio::test]
async fn two_servers_that_read_and_then_write_lose_no_update() {
    const CREATE: Sql = Sql::new("CREATE TABLE sums (id BIGINT PRIMARY KEY, total BIGINT NOT NULL)");
    const FIRST: Sql = Sql::new("INSERT INTO sums VALUES (1, 0)");
    const READ: Sql = Sql::new("SELECT total FROM sums WHERE id = 1");
    const WRITE: Sql = Sql::new("UPDATE sums SET total = $1 WHERE id = 1");
    let Some(notes) = notes_on_server("two writers").await else { return };
    notes.store.write(|conn| conn.execute(CREATE, &[]).and_then(|_| conn.execute(FIRST, &[]))).await.unwrap();
    let other = Store::open(notes.settings.clone()).unwrap();
    let gate = Arc::new(Barrier::new(2));
    let (inside, runs) = (Arc::clone(&gate), AtomicUsize::new(0));
    let overtaken = notes.store.write(move |conn| {
        let total: i64 = conn.query_one(READ, &[])?;
        if runs.fetch_add(1, Ordering::SeqCst) == 0 {
            inside.wait();
            inside.wait();
        }
        conn.execute(WRITE, &[&(total + 1)])
    });
    gate.wait();
    other.write(|conn| conn.execute(WRITE, &[&10])).await.unwrap();
    gate.wait();
    overtaken.await.unwrap();
    assert_eq!(notes.store.read(|conn| conn.query_one::<i64>(READ, &[])).await, Ok(11));
}

#[tokio::test]
async fn others_write_to_runs_when_whoever_holds_them_is_done() {
    const WRITE: Sql = Sql::new("UPDATE runs SET state = state WHERE 1 = 0");
    const WAITS: &str =
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let Some(notes) = notes_on_server("held runs").await else { return };
    // It is there until both are done.
    let database = Arc::new(notes.database);
    let asked = Arc::clone(&database);
    let (begun, written) = (Arc::new(Barrier::new(2)), Arc::new(AtomicUsize::new(0)));
    let (told, seen) = (Arc::clone(&begun), Arc::clone(&written));
    let held = notes.store.write(move |conn| {
        store::erasure::hold_runs(conn)?;
        insert(conn, "held")?;
        told.wait();
        let waits = loop {
            let waits = !asked.query(WAITS).is_empty();
            if waits || seen.load(Ordering::SeqCst) > 0 {
                break waits;
            }
        };
        Ok(waits)
    });
    let writes = async {
        tokio::task::spawn_blocking(move || begun.wait()).await.unwrap();
        let outcome = notes.store.write_guarded(|conn| conn.execute(WRITE, &[])).await;
        written.fetch_add(1, Ordering::SeqCst);
        outcome
    };
    let (held, wrote) = tokio::join!(held, writes);
    assert_eq!((held, wrote), (Ok(true), Ok(0)));
}

#[test]
fn a_server_that_is_not_there_is_said_at_the_start() {
    let url = "postgres://nobody@127.0.0.1:1/nothing".parse().unwrap();
    let settings = StoreSettings { database_url: Some(url), ..StoreSettings::default() };
    let refused = Store::open(settings).err();
    assert!(matches!(refused, Some(Error::Unavailable { .. })), "{refused:?}");
}

async fn insert_one(store: &Store, text: &'static str) -> store::Result<u64> {
    store.write(move |conn| insert(conn, text)).await
}
