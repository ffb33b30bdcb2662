//! What opening makes of a file, and who else may have it open. A server has neither.

use std::fs;

use store::{Error, Sql, Store, StoreSettings};

use crate::notes::{self, Notes, insert};

#[tokio::test]
async fn a_new_database_is_made_as_it_must_be() {
    let notes = Notes::open().await;
    let pragmas = notes.store.read(|conn| {
        let mut found = Vec::new();
        for sql in [
            Sql::new("PRAGMA synchronous"),
            Sql::new("PRAGMA foreign_keys"),
            Sql::new("PRAGMA auto_vacuum"),
            Sql::new("PRAGMA mmap_size"),
            Sql::new("PRAGMA application_id"),
            Sql::new("PRAGMA query_only"),
            Sql::new("PRAGMA wal_autocheckpoint"),
        ] {
            found.push(conn.query_one::<i64>(sql, &[])?);
        }
        Ok(found)
    });
    // FULL, on, INCREMENTAL, none, "Pcrd", on, never.
    assert_eq!(pragmas.await.unwrap(), [2, 1, 2, 0, 0x5063_7264, 1, 0]);
}

#[tokio::test]
async fn a_start_that_was_cut_off_before_the_database_was_whole_begins_again() {
    let folder = tempfile::tempdir().unwrap();
    let settings = notes::settings(folder.path());
    for suffix in [".new", ".new-journal", ".lock"] {
        fs::write(format!("{}{suffix}", settings.path.display()), "torn").unwrap();
    }
    let store = Store::open(settings).unwrap();
    notes::create(&store).await;
    assert!(!folder.path().join("promptcards.db.new").exists());
}

#[tokio::test]
async fn a_second_server_on_the_database_is_refused_with_the_process_of_the_first() {
    let notes = Notes::open().await;
    let again = Store::open(notes.settings.clone()).err().unwrap();
    let expected = Error::Locked { path: notes.settings.path.clone(), process: Some(std::process::id()) };
    assert_eq!(again, expected);
    let sentence = again.to_string();
    assert!(
        sentence.starts_with(&format!("another server or copy (process {}) uses ", std::process::id())),
        "{sentence}"
    );
    notes.store.write(|conn| insert(conn, "unharmed")).await.unwrap();
}

/// The other process of the test below; alone it does nothing.
#[test]
fn second_process() {
    if let Some(path) = std::env::var_os("STORE_SECOND_PROCESS") {
        let refused = Store::open(StoreSettings { path: path.into(), ..StoreSettings::default() }).err();
        eprintln!("second process: {refused:?}");
    }
}

#[tokio::test]
async fn a_second_process_on_the_database_is_refused() {
    let notes = Notes::open().await;
    let second = || {
        let child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "opening::second_process", "--nocapture"])
            .env("STORE_SECOND_PROCESS", &notes.settings.path)
            .output()
            .unwrap();
        String::from_utf8(child.stderr).unwrap()
    };
    let refused = second();
    let process = format!("process: Some({})", std::process::id());
    assert!(refused.contains("Locked") && refused.contains(&process), "{refused}");
    notes::close(&notes.store).await;
    let admitted = second();
    assert!(admitted.contains("second process: None"), "{admitted}");
}

#[tokio::test]
async fn a_database_that_another_program_holds_wholly_is_busy_not_broken() {
    let notes = Notes::open().await;
    notes::close(&notes.store).await;
    let other = rusqlite::Connection::open(&notes.settings.path).unwrap();
    other.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; CREATE TABLE other (id)").unwrap();
    let settings = StoreSettings { busy_timeout_ms: 1, ..notes.settings.clone() };
    assert_eq!(Store::open(settings.clone()).err(), Some(Error::Busy));
    drop(other);
    Store::open(settings).unwrap();
}
