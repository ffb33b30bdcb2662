//! What the check tells, on either database.

use crate::notes::Notes;

#[tokio::test]
async fn the_check_tells_what_an_administrator_asks_for() {
    let notes = Notes::open().await;
    let on_server = notes.database.is_on_server();
    let facts = notes.store.check().await.unwrap();
    let name = if on_server { "PostgreSQL 1" } else { "SQLite 3." };
    assert!(facts.version.starts_with(name), "{facts:?}");
    assert!(facts.schema_version >= 1);
    assert!(facts.bytes > 4096, "{facts:?}");
    assert!(facts.damage.is_empty());
    match facts.disk {
        // The disk of a server is its own affair.
        None => assert!(on_server),
        Some(disk) => assert!(0 < disk.free_bytes && disk.free_bytes < disk.total_bytes, "{disk:?}"),
    }
}
