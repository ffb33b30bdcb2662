//! What a write promises of the files that it is in: only `SQLite` has them, and one in memory.

use std::fs;
use std::process::Command;
use std::time::Duration;

use futures_util::future::join_all;
use store::{Constraint, Error, Sql, Store, StoreSettings};

use crate::notes::{self, Held, Notes, insert};

#[tokio::test]
async fn what_was_acknowledged_is_in_the_files_at_once() {
    let notes = Notes::open().await;
    for number in 0..20 {
        notes.store.write(move |conn| insert(conn, &format!("note {number}"))).await.unwrap();
        let crash = tempfile::tempdir().unwrap();
        for suffix in ["", "-wal"] {
            let from = format!("{}{suffix}", notes.settings.path.display());
            // Another process copies: closing a file here would drop the locks that this process has on it.
            assert!(Command::new("cp").arg(from).arg(crash.path()).status().unwrap().success());
        }
        let after = Store::open(notes::settings(crash.path())).unwrap();
        assert_eq!(notes::texts(&after).await.len(), number + 1);
    }
}

#[tokio::test]
async fn what_is_queued_together_is_committed_together() {
    let notes = Notes::open().await;
    let log = format!("{}-wal", notes.settings.path.display());
    let frames = || fs::metadata(&log).unwrap().len() / 4096;
    let before = frames();
    let held = Held::writer(&notes.store);
    let writes: Vec<_> =
        (0..200).map(|n| notes.store.write(move |conn| insert(conn, &format!("note {n}")))).collect();
    held.release().await;
    for answer in join_all(writes).await {
        answer.unwrap();
    }
    assert_eq!(notes.texts().await.len(), 200);
    // A commit writes each page that it changed, so one commit a note would have written two pages a note.
    assert!(frames() - before < 40, "{} pages in the log", frames() - before);
}

#[tokio::test]
async fn a_transaction_lost_in_the_middle_of_a_batch_loses_nobody_elses_write() {
    const OR_ROLLBACK: Sql = Sql::new("INSERT OR ROLLBACK INTO notes (text) VALUES ($1)");
    let notes = Notes::open().await;
    notes.store.write(|conn| insert(conn, "taken")).await.unwrap();
    let held = Held::writer(&notes.store);
    let before = notes.store.write(|conn| insert(conn, "before"));
    // As on a full disk, the database ends the transaction, with the savepoints that were released.
    let lost = notes.store.write(|conn| {
        insert(conn, "never")?;
        conn.execute(OR_ROLLBACK, &[&"taken"])
    });
    let swallowed = notes.store.write(|conn| Ok(conn.execute(OR_ROLLBACK, &[&"taken"]).is_ok()));
    let after = notes.store.write(|conn| insert(conn, "after"));
    held.release().await;
    before.await.unwrap();
    assert!(matches!(lost.await, Err(Error::Constraint { kind: Constraint::Unique, .. })));
    assert!(matches!(swallowed.await, Err(Error::Constraint { .. })));
    after.await.unwrap();
    assert_eq!(notes.texts().await, ["taken", "before", "after"]);
}

#[tokio::test]
async fn another_program_that_holds_the_database_makes_it_busy_until_it_lets_go() {
    let notes = Notes::open_with(|settings| StoreSettings { busy_timeout_ms: 10, ..settings }).await;
    let other = rusqlite::Connection::open(&notes.settings.path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let began = tokio::time::Instant::now();
    let answers =
        join_all((0..20).map(|n| notes.store.write(move |conn| insert(conn, &format!("{n}"))))).await;
    assert!(answers.iter().all(|answer| *answer == Err(Error::Busy)), "{answers:?}");
    // Tried again after 50, 200 and 800 ms, less a quarter at most.
    assert!(began.elapsed() > Duration::from_millis(780), "{:?}", began.elapsed());
    assert!(notes.texts().await.is_empty(), "reads go on");
    let waiting = notes.store.write(|conn| insert(conn, "patient"));
    other.execute_batch("ROLLBACK").unwrap();
    waiting.await.unwrap();
    assert_eq!(notes.texts().await, ["patient"]);
}

#[tokio::test(start_paused = true)]
async fn in_place_the_work_is_done_before_paused_time_moves() {
    let store = Store::open_in_place().unwrap();
    let began = tokio::time::Instant::now();
    let day = Duration::from_hours(24);
    tokio::time::timeout(day, notes::create(&store)).await.unwrap();
    tokio::time::timeout(day, store.write(|conn| insert(conn, "first"))).await.unwrap().unwrap();
    let texts = tokio::time::timeout(day, notes::texts(&store)).await.unwrap();
    assert_eq!(texts, ["first"]);
    let forbidden = store.read(|conn| insert(conn, "second")).await;
    assert!(forbidden.is_err());
    store.write(|conn| insert(conn, "third")).await.unwrap();
    assert_eq!(notes::texts(&store).await, ["first", "third"]);
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test]
async fn closing_empties_the_log() {
    let notes = Notes::open().await;
    // Where another program has the database open, merely closing it would not empty the log.
    let other = rusqlite::Connection::open(&notes.settings.path).unwrap();
    other.query_row("SELECT COUNT(*) FROM notes", [], |row| row.get::<_, i64>(0)).unwrap();
    notes.store.write(|conn| insert(conn, "note")).await.unwrap();
    let log = format!("{}-wal", notes.settings.path.display());
    assert!(fs::metadata(&log).unwrap().len() > 0);
    notes::close(&notes.store).await;
    assert_eq!(fs::metadata(log).map_or(0, |log| log.len()), 0);
    drop(other);
}
