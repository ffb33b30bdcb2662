//! What a write promises.

use store::{Constraint, Error, Json, Sql, Store};

use crate::notes::{self, Notes, insert};

#[tokio::test]
async fn a_write_is_read_back_and_survives_a_new_start() {
    let notes = Notes::open().await;
    notes.store.write(|conn| insert(conn, "first")).await.unwrap();
    assert_eq!(notes.texts().await, ["first"]);
    notes.close().await;
    let again = Store::open(notes.settings.clone()).unwrap();
    assert_eq!(notes::texts(&again).await, ["first"]);
}
