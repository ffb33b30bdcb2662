//! What a read promises, on either database.

use std::sync::{Arc, Barrier};
use std::time::Duration;

use store::{Error, Sql, Store, StoreSettings};
use tokio::time::Instant;

use crate::notes::{Held, Notes, create, insert, settings};

const COUNT: Sql = Sql::new("SELECT COUNT(*) FROM notes");

#[tokio::test]
async fn a_read_sees_one_snapshot() {
    let notes = Notes::open().await;
    notes.store.write(|conn| insert(conn, "first")).await.unwrap();
    let gate = Arc::new(Barrier::new(2));
    let inside = gate.clone();
    let read = notes.store.read(move |conn| {
        let before: i64 = conn.query_one(COUNT, &[])?;
        inside.wait();
        inside.wait();
        Ok((before, conn.query_one::<i64>(COUNT, &[])?))
    });
    gate.wait();
    notes.store.write(|conn| insert(conn, "second")).await.unwrap();
    gate.wait();
    assert_eq!(read.await, Ok((1, 1)));
    assert_eq!(notes.texts().await, ["first", "second"]);
}

#[tokio::test]
async fn a_read_cannot_write() {
    let notes = Notes::open().await;
    assert!(notes.store.read(|conn| insert(conn, "never")).await.is_err());
    assert!(notes.texts().await.is_empty());
}

#[tokio::test]
async fn readers_work_side_by_side_and_beside_the_writer() {
    let notes =
        Notes::open_with(|settings| StoreSettings { readers: 2, postgres_connections: 5, ..settings }).await;
    let (one, other) = (Held::reader(&notes.store), Held::reader(&notes.store));
    notes.store.write(|conn| insert(conn, "meanwhile")).await.unwrap();
    one.release().await;
    assert_eq!(notes.texts().await, ["meanwhile"]);
    other.release().await;
}

#[tokio::test]
async fn more_reads_than_the_queue_holds_are_refused_and_abandoned_ones_are_left_out() {
    let notes = Notes::open_with(|settings| StoreSettings {
        readers: 1,
        postgres_connections: 4,
        read_queue: 2,
        ..settings
    })
    .await;
    let held = Held::reader(&notes.store);
    let abandoned = notes.store.read(|_| -> store::Result<()> { std::process::abort() });
    let queued = notes.store.read(|conn| conn.query_one::<i64>(COUNT, &[]));
    let refused = notes.store.read(|conn| conn.query_one::<i64>(COUNT, &[])).await;
    assert_eq!(refused, Err(Error::Overloaded));
    drop(abandoned);
    held.release().await;
    assert_eq!(queued.await, Ok(0));
}

/// On a file: the readers of a server wait for one that comes back.
#[tokio::test]
async fn a_read_that_waited_too_long_is_refused_while_many_wait_behind_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(StoreSettings { readers: 1, ..settings(folder.path()) }).unwrap();
    create(&store).await;
    let held = Held::reader(&store);
    let queued: Vec<_> = (0..40).map(|_| store.read(|conn| conn.query_one::<i64>(COUNT, &[]))).collect();
    let begun = Instant::now();
    while begun.elapsed() <= Duration::from_millis(500) {
        std::thread::yield_now();
    }
    held.release().await;
    let mut answers = Vec::new();
    for read in queued {
        answers.push(read.await);
    }
    // 32 have fewer than 32 behind them.
    let (refused, read) = answers.split_at(8);
    assert!(refused.iter().all(|answer| *answer == Err(Error::Overloaded)), "{answers:?}");
    assert!(read.iter().all(|answer| *answer == Ok(0)), "{answers:?}");
}

#[tokio::test]
async fn a_read_that_panics_or_passes_over_a_failure_is_an_error_and_the_reader_lives() {
    const WRONG: Sql = Sql::new("SELECT nothing FROM notes");
    let notes =
        Notes::open_with(|settings| StoreSettings { readers: 1, postgres_connections: 4, ..settings }).await;
    let panicked = notes.store.read(|_| -> store::Result<()> { panic!("no number") }).await;
    assert_eq!(panicked, Err(Error::Panicked { message: "no number".to_owned() }));
    let passed_over = notes.store.read(|conn| Ok(conn.query_opt::<i64>(WRONG, &[]).is_ok())).await;
    assert!(matches!(passed_over, Err(Error::Statement { .. })), "{passed_over:?}");
    assert!(notes.texts().await.is_empty());
}
