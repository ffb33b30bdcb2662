//! Five hundred starts on damaged files, drawn by a seed: what a check can tell is refused, and the files stay as they
//! were. The same through the real binary: `damaged_files.rs` of the crate `promptcards`.

use std::fs;
use std::path::Path;
use std::process::Command;

use rusqlite::Connection;
use store::{Error, Sql, Store, StoreSettings};
use testkit::Random;

use crate::notes::{self, Notes, insert};

const TEXTS: Sql = Sql::new("SELECT text FROM notes ORDER BY id");
const PAGE: usize = 4096;
/// What lies in the folder of a database, by what comes after its name.
const FILES: [&str; 4] = ["", "-wal", "-shm", ".lock"];

/// The files of a database as a server left them.
#[derive(Clone, Default)]
struct Files([Option<Vec<u8>>; FILES.len()]);

impl Files {
    fn read(folder: &Path) -> Self {
        Self(FILES.map(|suffix| fs::read(folder.join(format!("promptcards.db{suffix}"))).ok()))
    }

    fn write(&self, folder: &Path) {
        for (bytes, suffix) in self.0.iter().zip(FILES) {
            if let Some(bytes) = bytes {
                fs::write(folder.join(format!("promptcards.db{suffix}")), bytes).unwrap();
            }
        }
    }

    fn database(&mut self) -> &mut Vec<u8> {
        self.0[0].as_mut().unwrap()
    }
}

/// The files after a good end, and after a kill.
async fn left_behind() -> [Files; 2] {
    let notes = Notes::open().await;
    let write = async |store: &Store, numbers: std::ops::Range<u32>| {
        for number in numbers {
            let text = format!("{number} {}", "x".repeat(500));
            store.write(move |conn| insert(conn, &text)).await.unwrap();
        }
    };
    write(&notes.store, 0..400).await;
    notes::close(&notes.store).await;
    let closed = Files::read(notes.database.folder());
    let store = Store::open(notes.settings.clone()).unwrap();
    write(&store, 400..420).await;
    let crash = tempfile::tempdir().unwrap();
    for suffix in FILES {
        let from = format!("{}{suffix}", notes.settings.path.display());
        // Another process copies: closing a file here would drop the locks that this process has on it.
        assert!(Command::new("cp").arg(from).arg(crash.path()).status().unwrap().success());
    }
    [closed, Files::read(crash.path())]
}

/// What was done to the files.
fn damage(start: usize, [closed, killed]: &[Files; 2], random: &mut Random) -> (String, Files) {
    let ended_well = start.is_multiple_of(2) && start < 480;
    let mut files = if ended_well { closed.clone() } else { killed.clone() };
    let length = files.database().len();
    let what = match start {
        0..400 => {
            let place = random.below(length / PAGE) * PAGE + random.below(PAGE);
            files.database()[place] ^= u8::try_from(1 + random.below(255)).unwrap();
            format!("byte {place} changed")
        }
        400..454 => {
            let pages = random.below(length / PAGE);
            let rest = if start < 427 { 0 } else { 1 + random.below(PAGE - 1) };
            files.database().truncate((pages * PAGE + rest).max(1));
            format!("cut after {pages} pages and {rest} bytes")
        }
        454..470 => {
            let place = start - 454;
            files.database()[place] ^= u8::try_from(1 + random.below(255)).unwrap();
            format!("byte {place} of what all databases begin with changed")
        }
        470..480 => {
            files.database().clear();
            "emptied".to_owned()
        }
        _ => {
            files.0[1] = None;
            "the log removed".to_owned()
        }
    };
    (format!("start {start}: {what}"), files)
}

/// What a check of another program finds in a copy of the files.
fn integrity(files: &Files) -> String {
    let folder = tempfile::tempdir().unwrap();
    files.write(folder.path());
    let ask = || {
        let connection = Connection::open(folder.path().join("promptcards.db"))?;
        connection.pragma_query_value(None, "integrity_check", |row| row.get(0))
    };
    ask().unwrap_or_else(|error: rusqlite::Error| error.to_string())
}

/// Whether these are the notes as they were written.
fn is_whole(texts: &[String]) -> bool {
    texts.len() >= 400
        && texts.iter().enumerate().all(|(number, text)| *text == format!("{number} {}", "x".repeat(500)))
}

#[tokio::test]
async fn of_five_hundred_damaged_files_none_is_taken_whose_damage_can_be_told() {
    let left = left_behind().await;
    let mut random = Random::seeded(0x9e37_79b9_7f4a_7c15);
    let (mut refused, mut changed) = (0, 0);
    for start in 0..500 {
        let (what, files) = damage(start, &left, &mut random);
        let folder = tempfile::tempdir().unwrap();
        files.write(folder.path());
        match Store::open(StoreSettings { readers: 1, ..notes::settings(folder.path()) }) {
            Ok(store) => {
                assert!(start < 400, "{what}: taken");
                assert_eq!(integrity(&files), "ok", "{what}: taken");
                // It may be no text any more; then whoever reads it is told.
                let texts = store.read(|conn| conn.query_all::<String>(TEXTS, &[])).await.unwrap_or_default();
                changed += usize::from(!is_whole(&texts));
                notes::close(&store).await;
            }
            Err(Error::DamagedFile { .. } | Error::NotOurs { .. } | Error::EditedMigration { .. }) => {
                refused += 1;
                let after = Files::read(folder.path());
                assert!(after.0[0] == files.0[0], "{what}: the database was changed");
                assert!(after.0[1] == files.0[1] || files.0[1].is_none(), "{what}: the log was changed");
            }
            Err(other) => unreachable!("{what}: {other:?}"),
        }
    }
    eprintln!("refused {refused}; of those taken {changed} have a note changed, which no check can tell");
    assert!(refused > 250, "{refused} refused, so that there was little damage");
}

#[tokio::test]
async fn a_log_that_is_missing_is_refused_until_somebody_says_that_it_is_lost() {
    let [_, mut killed] = left_behind().await;
    let log = killed.0[1].take().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let settings = notes::settings(folder.path());
    killed.write(folder.path());
    for _ in 0..2 {
        let refusal = Store::open(settings.clone()).err().unwrap().to_string();
        assert!(refusal.contains("its log, -wal, is missing"), "{refusal}");
        assert!(refusal.contains(&format!("rm {}-shm", settings.path.display())), "{refusal}");
    }
    // Put back, nothing is lost.
    fs::write(folder.path().join("promptcards.db-wal"), log).unwrap();
    let store = Store::open(settings.clone()).unwrap();
    assert_eq!(notes::texts(&store).await.len(), 420);
    notes::close(&store).await;

    let folder = tempfile::tempdir().unwrap();
    let settings = notes::settings(folder.path());
    killed.write(folder.path());
    fs::remove_file(folder.path().join("promptcards.db-shm")).unwrap();
    let store = Store::open(settings).unwrap();
    assert_eq!(notes::texts(&store).await.len(), 400, "what was not in the log alone");
    notes::close(&store).await;
}

/// A database that is too large for a full check after a good end, with a byte of an index changed. The whole is there
/// twice: in the table, and in the index of its texts.
async fn large_with_a_damaged_index() -> Vec<u8> {
    let notes = Notes::open().await;
    for number in 0..9 {
        let text = format!("{number} {}", "x".repeat(1 << 20));
        notes.store.write(move |conn| insert(conn, &text)).await.unwrap();
    }
    notes::close(&notes.store).await;
    let mut database = fs::read(&notes.settings.path).unwrap();
    assert!(database.len() > 16 << 20);
    let begins: Vec<_> = database
        .windows(4)
        .enumerate()
        .filter(|(_, bytes)| *bytes == b"8 xx")
        .map(|(place, _)| place)
        .collect();
    database[begins.last().unwrap() + 9] = b'y';
    database
}

#[tokio::test]
async fn where_no_good_end_is_known_of_the_indexes_of_a_large_file_are_checked_too() {
    let database = large_with_a_damaged_index().await;
    let starts = async |lock: Option<&str>| {
        let lock = lock.map(|lock| lock.as_bytes().to_vec());
        let folder = tempfile::tempdir().unwrap();
        Files([Some(database.clone()), None, None, lock]).write(folder.path());
        match Store::open(notes::settings(folder.path())) {
            Ok(store) => {
                notes::close(&store).await;
                true
            }
            Err(error) => {
                assert!(matches!(error, Error::DamagedFile { .. }), "{error}");
                false
            }
        }
    };
    assert!(starts(Some("17\nclosed\n")).await, "a good end: the quick check");
    assert!(!starts(Some("17\nopen\n")).await, "the server was at work");
    assert!(!starts(Some("17\n\n")).await, "the server was killed while it started");
    assert!(!starts(Some("17\n")).await, "a server that says nothing of its end");
    assert!(!starts(None).await, "the file was brought here");
}
