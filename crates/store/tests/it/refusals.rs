//! A file that is refused at a start is left as it was, byte for byte. What a server refuses is in `server.rs`.

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use store::{Error, Store, StoreSettings};

use crate::notes::{self, Notes, insert};

/// Opens, expects a refusal and checks that it changed nothing.
fn refused(settings: &StoreSettings) -> Error {
    let bytes = |suffix: &str| fs::read(format!("{}{suffix}", settings.path.display())).unwrap_or_default();
    let before = (bytes(""), bytes("-wal"));
    let error = Store::open(settings.clone()).err().unwrap();
    assert!((bytes(""), bytes("-wal")) == before, "changed, though refused with: {error}");
    error
}

/// A closed database with enough in it to be damaged.
async fn filled() -> Notes {
    let notes = Notes::open().await;
    let text = "x".repeat(500);
    for number in 0..200 {
        let text = format!("{number} {text}");
        notes.store.write(move |conn| insert(conn, &text)).await.unwrap();
    }
    notes::close(&notes.store).await;
    notes
}

/// Changes the closed database as another program would.
fn change(path: &Path, sql: &str) {
    Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

#[test]
fn a_file_of_another_kind_is_not_ours() {
    let folder = tempfile::tempdir().unwrap();
    let settings = notes::settings(folder.path());
    fs::write(&settings.path, "my diary, which is longer than the header of a database would be").unwrap();
    assert!(matches!(refused(&settings), Error::NotOurs { .. }));
    fs::write(&settings.path, "SQLite format 3\0").unwrap();
    assert!(matches!(refused(&settings), Error::DamagedFile { .. }));
}

#[test]
fn a_database_of_another_program_is_not_ours() {
    let folder = tempfile::tempdir().unwrap();
    let settings = notes::settings(folder.path());
    change(&settings.path, "CREATE TABLE theirs (id); INSERT INTO theirs VALUES (1)");
    assert!(matches!(refused(&settings), Error::NotOurs { .. }));
}

#[tokio::test]
async fn nothing_new_is_made_where_a_database_was() {
    let notes = filled().await;
    fs::write(&notes.settings.path, "").unwrap();
    assert!(matches!(refused(&notes.settings), Error::DamagedFile { .. }), "empty");
    fs::remove_file(&notes.settings.path).unwrap();
    fs::write(format!("{}-wal", notes.settings.path.display()), "the last writes").unwrap();
    assert!(matches!(refused(&notes.settings), Error::DamagedFile { .. }), "missing beside its log");
    assert!(!notes.settings.path.exists());
}

#[tokio::test]
async fn a_newer_schema_is_refused_with_both_numbers() {
    let notes = filled().await;
    change(&notes.settings.path, "INSERT INTO migrations VALUES (999, 'later', 'x', 0)");
    let error = refused(&notes.settings);
    assert!(matches!(error, Error::NewerSchema { found: 999, known: 1.. }), "{error:?}");
}

#[tokio::test]
async fn an_edited_migration_is_refused_also_with_a_log_that_was_left_behind() {
    let notes = filled().await;
    let edited = "UPDATE migrations SET checksum = 'x' WHERE number = 1";
    let other = Connection::open(&notes.settings.path).unwrap();
    other.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).unwrap();
    other.execute_batch(edited).unwrap();
    drop(other);
    let error = refused(&notes.settings);
    assert_eq!(error, Error::EditedMigration { number: 1, name: "initial".to_owned() });
}

#[tokio::test]
async fn a_cut_database_is_damaged() {
    let notes = filled().await;
    let bytes = fs::read(&notes.settings.path).unwrap();
    fs::write(&notes.settings.path, &bytes[..bytes.len() - 5 * 4096]).unwrap();
    assert!(matches!(refused(&notes.settings), Error::DamagedFile { .. }));
}

#[tokio::test]
async fn a_changed_byte_is_refused_or_harmless_wherever_it_is() {
    let notes = filled().await;
    let whole = fs::read(&notes.settings.path).unwrap();
    let (mut refusals, mut starts) = (0, 0);
    for page in 0..whole.len() / 4096 {
        // The kind of the page, which no page can do without; then a byte somewhere.
        let kind = page * 4096 + if page == 0 { 100 } else { 0 };
        let anywhere = page * 4096 + (page * 977) % 4096;
        for place in [kind, anywhere] {
            let mut damaged = whole.clone();
            damaged[place] ^= 0x55;
            fs::write(&notes.settings.path, &damaged).unwrap();
            match Store::open(notes.settings.clone()) {
                Ok(store) => {
                    starts += 1;
                    assert!(store.check().await.unwrap().damage.is_empty());
                    notes::close(&store).await;
                }
                Err(Error::DamagedFile { .. } | Error::NotOurs { .. } | Error::EditedMigration { .. }) => {
                    refusals += 1;
                    assert!(fs::read(&notes.settings.path).unwrap() == damaged, "byte {place}");
                }
                Err(other) => unreachable!("byte {place}: {other:?}"),
            }
        }
    }
    assert!(refusals > starts / 2, "{refusals} refusals, {starts} starts");
}

#[test]
fn a_folder_that_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing =
        StoreSettings { path: folder.path().join("none/promptcards.db"), ..StoreSettings::default() };
    let error = Store::open(missing).err().unwrap();
    assert!(error.to_string().contains("none/promptcards.db"), "{error}");
    let settings = notes::settings(folder.path());
    fs::create_dir(&settings.path).unwrap();
    assert!(matches!(Store::open(settings), Err(Error::Unusable { .. })));
}
