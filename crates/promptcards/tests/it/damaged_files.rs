//! The real binary on damaged files: it ends with 3, says what to type, and leaves them as they were. Many more starts,
//! without the binary: `damage.rs` of the crate `store`.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::json;
use testkit::{ServerProcess, TestDatabase};

const BINARY: &str = env!("CARGO_BIN_EXE_promptcards");
const PAGE: usize = 4096;
/// What the pages of tables and indexes begin with.
const KINDS: [u8; 4] = [2, 5, 10, 13];

fn path(folder: &Path, suffix: &str) -> std::path::PathBuf {
    folder.join(format!("promptcards.db{suffix}"))
}

fn serve(folder: &Path) -> ServerProcess {
    ServerProcess::start(BINARY.as_ref(), folder, &[("PROMPTCARDS_LOG__LEVEL", "warn")])
}

/// A database with a card, as `end` left it.
async fn left(end: impl FnOnce(ServerProcess)) -> TestDatabase {
    let database = TestDatabase::on_file();
    let server = serve(database.folder());
    let content = json!({
        "kind": "text", "messages": [{ "role": "user", "content": [{ "type": "text", "text": "Hello" }] }],
        "variables": [], "parameters": {},
    });
    server.actor.card("kept", &content).await;
    end(server);
    database
}

/// A start that is to come to nothing. One that does not is ended, and has said so.
fn start(folder: &Path) -> Output {
    let mut command = ServerProcess::command(BINARY.as_ref(), folder);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    if !line.is_empty() {
        child.kill().unwrap();
    }
    let output = child.wait_with_output().unwrap();
    assert_eq!(line, "", "it was ready");
    output
}

/// What a server says that does not start, having changed nothing.
#[track_caller]
fn refused(folder: &Path) -> String {
    let files = || ["", "-wal"].map(|suffix| fs::read(path(folder, suffix)).ok());
    let before = files();
    let output = start(folder);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    let after = files();
    assert!(after[0] == before[0], "the database was changed: {said}");
    assert!(after[1] == before[1] || before[1].is_none(), "the log was changed: {said}");
    said
}

/// The first byte of the nth page that is one of a table or an index.
fn kind_of_page(database: &[u8], number: usize) -> usize {
    let mut places = (1..database.len() / PAGE).map(|page| page * PAGE);
    places.by_ref().filter(|place| KINDS.contains(&database[*place])).nth(number).unwrap()
}

#[tokio::test]
async fn a_damaged_file_ends_the_start_with_3_and_what_to_type() {
    let database = left(|server| assert!(server.stop().success())).await;
    let folder = database.folder();
    let whole = fs::read(path(folder, "")).unwrap();
    let name = folder.join("promptcards.db");
    for number in [0, 7, 20, 41, 63, 90] {
        let mut damaged = whole.clone();
        damaged[kind_of_page(&whole, number)] ^= 0x55;
        fs::write(&name, damaged).unwrap();
        let said = refused(folder);
        let begins = format!("promptcards: the database {} is damaged (", name.display());
        assert!(said.starts_with(&begins), "{said}");
        assert!(
            said.contains("promptcards restore YOUR-BACKUP --identity YOUR-KEY --replace --data-dir")
                && said.contains(" .dump "),
            "{said}"
        );
    }
    for (bytes, expected) in [
        (&[][..], "the file is empty"),
        (&whole[..70], "the file is cut off within its header"),
        (&whole[..whole.len() / 2], " is damaged ("),
        (&[b"X", &whole[1..]].concat(), "is not a database of Promptcards"),
    ] {
        fs::write(&name, bytes).unwrap();
        let said = refused(folder);
        assert!(said.contains(expected), "{said}");
    }
    fs::write(&name, &whole).unwrap();
    assert!(serve(folder).stop().success(), "the copy in its place");
}

#[tokio::test]
async fn a_database_or_a_log_that_is_missing_is_not_made_anew() {
    let database = left(ServerProcess::kill).await;
    let folder = database.folder();
    for (suffix, expected) in
        [("", "the file is missing, but its log, -wal, is there"), ("-wal", "its log, -wal, is missing")]
    {
        let aside = path(folder, "-aside");
        fs::rename(path(folder, suffix), &aside).unwrap();
        let said = refused(folder);
        assert!(said.contains(expected), "{said}");
        assert!(!path(folder, suffix).exists(), "{suffix} was made");
        fs::rename(aside, path(folder, suffix)).unwrap();
    }
    let server = serve(folder);
    server.actor.get("W/cards/kept").await.expect(200);
}

/// The commands of the sentence for somebody without a copy.
fn to_save_what_can_be_read(said: &str) -> String {
    let (_, rest) = said.split_once("can still be read: ").unwrap();
    rest.trim_end().to_owned()
}

#[tokio::test]
async fn what_the_sentence_says_to_type_saves_what_can_be_read() {
    if Command::new("sqlite3").arg("--version").output().is_err() {
        testkit::not_run("what is typed after damage", "there is no sqlite3");
        return;
    }
    let database = left(|server| assert!(server.stop().success())).await;
    let folder = database.folder();
    let mut bytes = fs::read(path(folder, "")).unwrap();
    let place = kind_of_page(&bytes, 90);
    bytes[place] ^= 0x55;
    fs::write(path(folder, ""), &bytes).unwrap();
    let script = to_save_what_can_be_read(&refused(folder));
    // `.dump` says on standard error what it could not read.
    let done = Command::new("sh").args(["-c", &script]).output().unwrap();
    assert!(done.status.success(), "{script}\n{}", String::from_utf8_lossy(&done.stderr));
    let kept = fs::read(folder.join("damaged/promptcards.db")).unwrap();
    assert!(kept == bytes, "the damaged one is kept as it was");
    let server = serve(folder);
    server.actor.get("W/cards/kept").await.expect(200);
}
