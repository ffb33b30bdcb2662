//! Backups, from outside: what was acknowledged before is in them, and they are restored whole or not at all.

mod damage;
mod kills;
mod moves;
mod refusals;
mod rounds;
mod schedule;
mod secrecy;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};
use testkit::{Actor, ServerProcess, TestDatabase};

const BINARY: &str = env!("CARGO_BIN_EXE_promptcards");

/// A pair of keys, and a folder for backups.
struct Vault {
    folder: tempfile::TempDir,
    recipient: String,
}

impl Vault {
    fn make() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let output = Command::new(BINARY)
            .args(["keys", "backup-pair", "--out"])
            .arg(folder.path().join("backup.key"))
            .output()
            .unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let recipient = said.lines().last().unwrap().to_owned();
        assert!(recipient.starts_with("age1"), "{said}");
        Self { folder, recipient }
    }

    fn key(&self) -> PathBuf {
        self.folder.path().join("backup.key")
    }

    fn backups(&self) -> PathBuf {
        self.folder.path().join("backups")
    }

    /// The files with the name of a backup, oldest first.
    fn list(&self) -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(self.backups()) else { return Vec::new() };
        let mut found: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        found.retain(|path| path.extension().is_some_and(|end| end == "age" || end == "zst"));
        found.sort_unstable();
        found
    }

    /// The environment of a server that backs itself up.
    fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("PROMPTCARDS_BACKUP__FOLDER", self.backups().display().to_string()),
            ("PROMPTCARDS_BACKUP__RECIPIENTS", format!("[\"{}\"]", self.recipient)),
            ("PROMPTCARDS_BACKUP__IDENTITY_FILE", self.key().display().to_string()),
        ]
    }

    fn backup(&self, folder: &Path) -> Command {
        let mut command = of(folder, "backup");
        command.arg("--to").arg(self.backups()).args(["--recipient", &self.recipient]);
        command
    }

    fn restore(&self, file: &Path, folder: &Path) -> Command {
        let mut command = of(folder, "restore");
        command.arg(file).arg("--identity").arg(self.key());
        command
    }

    /// Makes a backup, which must work.
    #[track_caller]
    fn made(&self, folder: &Path) -> PathBuf {
        let said = done(&mut self.backup(folder));
        PathBuf::from(said.lines().next().unwrap())
    }
}

/// `promptcards COMMAND` on the database of a folder.
fn of(folder: &Path, command: &str) -> Command {
    let mut program = Command::new(BINARY);
    program.args(command.split(' ')).arg("--data-dir").arg(folder).current_dir(folder.parent().unwrap());
    program.env("PROMPTCARDS_SECRETS__MASTER_KEY_FILE", folder.join("master.key"));
    program
}

/// What a command says that must work.
#[track_caller]
fn done(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    assert!(status.success(), "{status}: {}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}

/// What a command says that must be refused with this code.
#[track_caller]
fn refused(command: &mut Command, code: i32) -> String {
    let Output { status, stdout, stderr } = command.stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(code), "{said}{}", String::from_utf8_lossy(&stdout));
    assert!(!said.contains("panicked"), "{said}");
    said
}

fn serve(folder: &Path, environment: &[(&'static str, String)]) -> ServerProcess {
    let mut all = vec![("PROMPTCARDS_LOG__LEVEL", "warn")];
    all.extend(environment.iter().map(|(name, value)| (*name, value.as_str())));
    ServerProcess::start(BINARY.as_ref(), folder, &all)
}

fn new_card(slug: &str, prompt: &str) -> Value {
    json!({
        "slug": slug, "title": slug,
        "content": {
            "kind": "text",
            "messages": [{ "role": "user", "content": [{ "type": "text", "text": prompt }] }],
            "variables": [], "parameters": {},
        },
    })
}

async fn make_card(actor: &Actor, slug: &str) {
    actor.post("W/cards", &new_card(slug, "Say hello")).await.expect(201);
}

/// A folder with a database that has cards of these names, closed in good order.
async fn left(slugs: &[&str]) -> TestDatabase {
    let database = TestDatabase::on_file();
    let server = serve(database.folder(), &[]);
    for slug in slugs {
        make_card(&server.actor, slug).await;
    }
    assert!(server.stop().success());
    database
}

/// The cards of a database that nobody has open, which must be sound.
#[track_caller]
fn cards(folder: &Path) -> BTreeSet<String> {
    let file = folder.join("promptcards.db");
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
    let check: String = connection.pragma_query_value(None, "integrity_check", |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
    let mut slugs = connection.prepare("SELECT slug FROM cards").unwrap();
    slugs.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

fn named(slugs: &[&str]) -> BTreeSet<String> {
    slugs.iter().map(|slug| (*slug).to_owned()).collect()
}

/// The files of a folder that end so.
fn ending(folder: &Path, end: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.to_str().unwrap().ends_with(end)).collect()
}
