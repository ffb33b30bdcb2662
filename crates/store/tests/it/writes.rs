//! What a write promises, on either database.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use store::{Constraint, Error, Result, Sql, Store, StoreSettings};

use crate::notes::{self, Held, Notes, insert};

#[tokio::test]
async fn a_write_is_read_back_and_survives_a_new_start() {
    let notes = Notes::open().await;
    notes.store.write(|conn| insert(conn, "first")).await.unwrap();
    assert_eq!(notes.texts().await, ["first"]);
    notes::close(&notes.store).await;
    let again = Store::open(notes.settings.clone()).unwrap();
    assert_eq!(notes::texts(&again).await, ["first"]);
}

#[tokio::test]
async fn an_error_undoes_its_own_closure_and_no_other() {
    let notes = Notes::open().await;
    let held = Held::writer(&notes.store);
    let writes: Vec<_> = (0..100)
        .map(|number| {
            notes.store.write(move |conn| {
                insert(conn, &format!("note {number}"))?;
                if number % 2 == 0 { Ok(number) } else { Err(Error::Parameter { reason: "odd".to_owned() }) }
            })
        })
        .collect();
    held.release().await;
    for (number, answer) in join_all(writes).await.into_iter().enumerate() {
        assert_eq!(answer.is_ok(), number % 2 == 0, "{answer:?}");
    }
    let expected: Vec<_> = (0..100).step_by(2).map(|number| format!("note {number}")).collect();
    assert_eq!(notes.texts().await, expected);
}

#[tokio::test]
async fn a_refusal_before_anything_is_written_runs_no_other_closure_again() {
    let notes = Notes::open().await;
    let runs = Arc::new(AtomicUsize::new(0));
    let held = Held::writer(&notes.store);
    let writes: Vec<_> = (0..30)
        .map(|number| {
            let runs = Arc::clone(&runs);
            notes.store.write(move |conn| {
                runs.fetch_add(1, Ordering::Relaxed);
                if number % 2 == 1 {
                    return Err(Error::Parameter { reason: "odd".to_owned() });
                }
                insert(conn, &format!("note {number}"))
            })
        })
        .collect();
    held.release().await;
    for (number, answer) in join_all(writes).await.into_iter().enumerate() {
        assert_eq!(answer.is_ok(), number % 2 == 0, "{answer:?}");
    }
    assert_eq!((runs.load(Ordering::Relaxed), notes.texts().await.len()), (30, 15));
}

#[tokio::test]
async fn a_statement_that_fails_before_anything_is_written_fails_its_closure_alone() {
    const NOWHERE: Sql = Sql::new("SELECT id FROM nowhere");
    let notes = Notes::open().await;
    let held = Held::writer(&notes.store);
    let before = notes.store.write(|conn| insert(conn, "before"));
    let fails = notes.store.write(|conn| conn.query_all::<String>(NOWHERE, &[]).map(drop));
    let passed_over = notes.store.write(|conn| {
        let _ = conn.query_all::<String>(NOWHERE, &[]);
        Ok(())
    });
    let after = notes.store.write(|conn| insert(conn, "after"));
    held.release().await;
    before.await.unwrap();
    assert!(fails.await.is_err() && passed_over.await.is_err());
    after.await.unwrap();
    assert_eq!(notes.texts().await, ["before", "after"]);
}

#[tokio::test]
async fn a_failure_that_a_closure_passes_over_is_an_error_and_stores_nothing() {
    let notes = Notes::open().await;
    notes.store.write(|conn| insert(conn, "taken")).await.unwrap();
    let passed_over = notes.store.write(|conn| {
        insert(conn, "beside")?;
        Ok(insert(conn, "taken").unwrap_or(0))
    });
    assert!(matches!(passed_over.await, Err(Error::Constraint { kind: Constraint::Unique, .. })));
    assert_eq!(notes.texts().await, ["taken"]);
}

#[tokio::test]
async fn a_panic_is_answered_and_undone_and_the_writer_lives() {
    let notes = Notes::open().await;
    let held = Held::writer(&notes.store);
    let before = notes.store.write(|conn| insert(conn, "before"));
    let panics = notes.store.write(|conn| -> Result<()> {
        insert(conn, "never")?;
        panic!("nothing is there")
    });
    let after = notes.store.write(|conn| insert(conn, "after"));
    held.release().await;
    before.await.unwrap();
    assert_eq!(panics.await, Err(Error::Panicked { message: "nothing is there".to_owned() }));
    after.await.unwrap();
    assert_eq!(notes.texts().await, ["before", "after"]);
}

#[tokio::test]
async fn a_deferred_constraint_fails_the_closure_that_broke_it() {
    const PARENT: Sql = Sql::new("CREATE TABLE parents (id BIGINT PRIMARY KEY)");
    const CHILD: Sql = Sql::new(
        "CREATE TABLE children (parent BIGINT REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED)",
    );
    const ORPHAN: Sql = Sql::new("INSERT INTO children (parent) VALUES (7)");
    let notes = Notes::open().await;
    notes.store.write(|conn| conn.execute(PARENT, &[])).await.unwrap();
    notes.store.write(|conn| conn.execute(CHILD, &[])).await.unwrap();
    let held = Held::writer(&notes.store);
    let orphan = notes.store.write(|conn| conn.execute(ORPHAN, &[]));
    let innocent = notes.store.write(|conn| insert(conn, "innocent"));
    held.release().await;
    assert!(matches!(orphan.await, Err(Error::Constraint { kind: Constraint::ForeignKey, .. })));
    innocent.await.unwrap();
    assert_eq!(notes.texts().await, ["innocent"]);
}

#[tokio::test]
async fn no_closure_ends_the_transaction() {
    let notes = Notes::open().await;
    for sql in [Sql::new("COMMIT"), Sql::new(" rollback to job"), Sql::new("BEGIN;"), Sql::new("RELEASE job")]
    {
        let answer = notes.store.write(move |conn| conn.execute(sql, &[])).await;
        assert!(matches!(answer, Err(Error::Statement { .. })), "{answer:?}");
    }
}

#[tokio::test]
async fn an_error_type_of_the_caller_comes_back_as_it_is() {
    #[derive(Debug, PartialEq)]
    enum Refusal {
        Archived,
        Store(Error),
    }
    impl From<Error> for Refusal {
        fn from(error: Error) -> Self {
            Self::Store(error)
        }
    }
    let notes = Notes::open().await;
    let refused = notes.store.try_write(|conn| {
        insert(conn, "never")?;
        Err::<(), _>(Refusal::Archived)
    });
    assert_eq!(refused.await, Err(Refusal::Archived));
    let read = notes.store.try_read(|_| Err::<(), _>(Refusal::Archived));
    assert_eq!(read.await, Err(Refusal::Archived));
    assert!(notes.texts().await.is_empty());
    notes::close(&notes.store).await;
    let closed = notes.store.try_write(|_| Err::<(), _>(Refusal::Archived)).await;
    assert_eq!(closed, Err(Refusal::Store(Error::Closed)));
}

#[tokio::test]
async fn a_future_that_is_dropped_takes_no_write_back() {
    let notes = Notes::open().await;
    let held = Held::writer(&notes.store);
    drop(notes.store.write(|conn| insert(conn, "dropped")));
    let next = notes.store.write(|conn| insert(conn, "next"));
    held.release().await;
    next.await.unwrap();
    assert_eq!(notes.texts().await, ["dropped", "next"]);
}

#[tokio::test]
async fn more_than_the_queue_holds_is_refused_at_once() {
    let notes = Notes::open_with(|settings| StoreSettings { write_queue: 2, ..settings }).await;
    let held = Held::writer(&notes.store);
    let queued: Vec<_> =
        ["one", "two"].map(|text| notes.store.write(move |conn| insert(conn, text))).into_iter().collect();
    let refused: Result<u64> = notes.store.write(|conn| insert(conn, "three")).await;
    assert_eq!(refused, Err(Error::Overloaded));
    held.release().await;
    for answer in join_all(queued).await {
        answer.unwrap();
    }
    assert_eq!(notes.texts().await, ["one", "two"]);
}
