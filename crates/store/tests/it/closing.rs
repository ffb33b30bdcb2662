//! What closing promises, on either database.

use std::time::Duration;

use futures_util::future::join_all;
use store::{Error, Store};

use crate::notes::{self, Held, Notes, insert};

#[tokio::test]
async fn closing_answers_all_that_is_queued() {
    let notes = Notes::open().await;
    let held = Held::writer(&notes.store);
    let queued: Vec<_> =
        (0..600).map(|n| notes.store.write(move |conn| insert(conn, &format!("note {n}")))).collect();
    let (closed, ()) = tokio::join!(notes.store.close(Duration::from_secs(20)), held.release());
    closed.unwrap();
    assert!(join_all(queued).await.iter().all(Result::is_ok));
    assert_eq!(notes.store.write(|conn| insert(conn, "late")).await, Err(Error::Closed));
    assert_eq!(notes.store.read(|_| Ok(())).await, Err(Error::Closed));
    let again = Store::open(notes.settings.clone()).unwrap();
    assert_eq!(notes::texts(&again).await.len(), 600);
}

#[tokio::test]
async fn closing_says_when_work_outlasts_the_deadline() {
    let notes = Notes::open().await;
    let held = Held::reader(&notes.store);
    assert_eq!(notes.store.close(Duration::from_millis(1)).await, Err(Error::NotClosed));
    held.release().await;
    notes::close(&notes.store).await;
    Store::open(notes.settings.clone()).unwrap();
}

#[tokio::test]
async fn the_clones_are_one_store() {
    let notes = Notes::open().await;
    let clone = notes.store.clone();
    notes::close(&clone).await;
    assert_eq!(notes.store.read(|_| Ok(())).await, Err(Error::Closed));
}

#[tokio::test]
async fn a_store_in_place_closes_too() {
    let store = Store::open_in_place().unwrap();
    notes::close(&store).await;
    assert_eq!(store.write(|_| Ok(())).await, Err(Error::Closed));
}
