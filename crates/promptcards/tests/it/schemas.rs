//! Files of other programs: an older one is copied and brought forward, a newer or an edited one is refused.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use sha2::{Digest, Sha256};
use testkit::{Program, ServerProcess, TestDatabase};

const BINARY: &str = env!("CARGO_BIN_EXE_promptcards");

/// The database of a folder.
pub(crate) fn file(folder: &Path) -> PathBuf {
    folder.join("promptcards.db")
}

/// The steps of the schema: number, name, text.
pub(crate) fn steps() -> Vec<(u32, String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../store/migrations/sqlite");
    let mut steps: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|file| {
            let path = file.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap();
            let (number, name) = name.split_once('_').unwrap();
            (number.parse().unwrap(), name.to_owned(), fs::read_to_string(&path).unwrap())
        })
        .collect();
    steps.sort_unstable();
    steps
}

/// Makes the database as a program with so many steps did, with rows in it.
pub(crate) fn make(folder: &Path, step: usize, rows: u32) {
    let connection = Connection::open(file(folder)).unwrap();
    connection
        .execute_batch(
            "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA application_id = 1348694628; PRAGMA journal_mode = WAL;
             CREATE TABLE migrations (
                number     INTEGER PRIMARY KEY,
                name       TEXT NOT NULL,
                checksum   TEXT NOT NULL,
                applied_at INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER))
             ) STRICT",
        )
        .unwrap();
    for (number, name, text) in steps().into_iter().take(step) {
        connection.execute_batch(&text).unwrap();
        connection
            .execute(
                "INSERT INTO migrations (number, name, checksum) VALUES (?1, ?2, ?3)",
                (number, name, hex::encode(Sha256::digest(&text))),
            )
            .unwrap();
    }
    add_rows(&connection, 0, rows);
}

/// Adds rows to a table that points to none and that no start looks at.
fn add_rows(connection: &Connection, first: u32, rows: u32) {
    connection
        .execute(
            "WITH RECURSIVE n (i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
             INSERT INTO attempts SELECT i, 1, 0, i, 'cut', printf('attempt %d, of no cell', i) FROM n",
            (first + 1, first + rows),
        )
        .unwrap();
}

/// Adds rows that stand in the log alone, as after a kill.
pub(crate) fn add_rows_to_the_log(folder: &Path, first: u32, rows: u32) {
    let connection = Connection::open(file(folder)).unwrap();
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).unwrap();
    connection.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
    add_rows(&connection, first, rows);
}

/// What a database has.
#[derive(Debug, PartialEq)]
pub(crate) struct State {
    pub(crate) steps: usize,
    /// A hash of what defines its tables and indexes.
    pub(crate) schema: String,
    pub(crate) rows: u32,
}

/// Reads a copy of the database with its log, and checks it.
pub(crate) fn state(database: &Path) -> State {
    let copy = tempfile::tempdir().unwrap();
    for suffix in ["", "-wal"] {
        let from = format!("{}{suffix}", database.display());
        if Path::new(&from).exists() {
            fs::copy(from, format!("{}{suffix}", file(copy.path()).display())).unwrap();
        }
    }
    let connection = Connection::open(file(copy.path())).unwrap();
    let check: String = connection.pragma_query_value(None, "integrity_check", |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
    let one = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, u32>(0)).unwrap();
    let mut schema = connection
        .prepare("SELECT name || ': ' || coalesce(sql, '') FROM sqlite_schema WHERE name <> 'migrations' ORDER BY 1")
        .unwrap();
    let schema: Vec<String> = schema.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    State {
        steps: usize::try_from(one("SELECT COUNT(*) FROM migrations")).unwrap(),
        schema: hex::encode(Sha256::digest(schema.join("\n"))),
        rows: one("SELECT COUNT(*) FROM attempts"),
    }
}

/// What a server says that does not start, having changed nothing.
#[track_caller]
fn refused(folder: &Path, code: i32) -> String {
    let before = fs::read(file(folder)).unwrap();
    // A command that ends by itself, if the file should not be refused.
    let mut command = Command::new(BINARY);
    command.args(["audit", "verify", "--data-dir"]).arg(folder).current_dir(folder);
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{said}");
    let started = Program::start(&mut ServerProcess::command(BINARY.as_ref(), folder));
    assert!(started.is_err(), "a server starts");
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(fs::read(file(folder)).unwrap() == before, "it was changed");
    said
}

#[test]
fn a_file_of_a_newer_program_is_left_alone() {
    let database = TestDatabase::on_file();
    let (folder, known) = (database.folder(), steps().len());
    make(folder, known, 10);
    let connection = Connection::open(file(folder)).unwrap();
    let newer = format!("INSERT INTO migrations VALUES ({}, 'later', 'x', 0)", known + 1);
    connection.execute_batch(&newer).unwrap();
    drop(connection);
    let said = refused(folder, 4);
    let numbers = format!("has schema {} and this program knows schemas up to {known}", known + 1);
    assert!(said.contains(&numbers) && said.contains("start the newer program"), "{said}");
}

#[test]
fn a_file_whose_step_was_another_is_left_alone() {
    for step in [1, steps().len()] {
        let database = TestDatabase::on_file();
        let folder = database.folder();
        make(folder, steps().len(), 10);
        let connection = Connection::open(file(folder)).unwrap();
        let edit = format!("UPDATE migrations SET checksum = 'x' WHERE number = {step}");
        connection.execute_batch(&edit).unwrap();
        drop(connection);
        let said = refused(folder, 3);
        assert!(said.contains(&format!("migration {step} (")), "{said}");
    }
}

#[test]
fn a_file_of_each_older_program_is_copied_and_brought_forward() {
    let known = steps().len();
    let fresh = TestDatabase::on_file();
    make(fresh.folder(), known, 100);
    let newest = state(&file(fresh.folder()));
    for step in 1..known {
        let database = TestDatabase::on_file();
        let folder = database.folder();
        make(folder, step, 100);
        let before = state(&file(folder));
        for _ in 0..2 {
            let server = ServerProcess::start(BINARY.as_ref(), folder, &[("PROMPTCARDS_LOG__LEVEL", "warn")]);
            assert!(server.stop().success());
            assert_eq!(state(&file(folder)), newest, "from schema {step}");
        }
        let copies: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "bak"))
            .collect();
        let [copy] = copies.as_slice() else { panic!("{copies:?}") };
        assert!(copy.ends_with(format!("promptcards.db.before-{:04}.bak", step + 1)), "{copies:?}");
        assert_eq!(state(copy), before, "the copy of schema {step}");
    }
}
