//! `promptcards copy`: from a file to a server's database and back, killed and typed again, and what it refuses.
//!
//! Beside a `PostgreSQL` the middle one of three databases is on it, else all of them are files.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Output, Stdio};

use reqwest::Method;
use serde_json::{Value, json};
use store::{Sql, Store};
use testkit::{Actor, History, PastRun, ServerProcess, TestDatabase};

const BINARY: &str = env!("CARGO_BIN_EXE_promptcards");

/// How `copy` names it.
fn name(database: &TestDatabase) -> String {
    database.url().unwrap_or_else(|| database.folder().display().to_string())
}

fn command(from: &TestDatabase, to: &TestDatabase) -> Command {
    copy_command(&name(from), &name(to))
}

fn copy_command(from: &str, to: &str) -> Command {
    let mut command = Command::new(BINARY);
    command.args(["copy", "--from", from, "--to", to]);
    command
}

/// The tables with their rows and hashes.
#[track_caller]
fn copied(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (tables, equal) = std::str::from_utf8(&output.stdout).unwrap().trim_end().rsplit_once('\n').unwrap();
    assert!(equal.contains(" is equal to "), "{equal}");
    tables.to_owned()
}

/// The sentence of a copy that was not made, which must have this exit code.
#[track_caller]
fn refused(mut command: Command, code: i32) -> String {
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert_eq!(output.stdout, b"");
    said
}

fn serve(database: &TestDatabase) -> ServerProcess {
    let url = database.url();
    let mut environment = vec![("PROMPTCARDS_LOG__LEVEL", "warn")];
    environment.extend(url.as_deref().map(|url| ("PROMPTCARDS_STORE__DATABASE_URL", url)));
    ServerProcess::start(BINARY.as_ref(), database.folder(), &environment)
}

/// Lets the secrets of the copy be opened by what opens those of the original.
fn take_master_key(from: &TestDatabase, to: &TestDatabase) {
    const KEY: &str = "master.key";
    std::fs::copy(from.folder().join(KEY), to.folder().join(KEY)).unwrap();
}

/// What a server says that does not start.
fn refused_start(database: &TestDatabase) -> String {
    let mut command = Command::new(BINARY);
    command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(database.folder());
    command
        .current_dir(database.folder())
        .env("PROMPTCARDS_SECRETS__MASTER_KEY_FILE", "master.key")
        .args(database.url().iter().flat_map(|url| ["--database-url", url]));
    let output = command.output().unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

/// Runs a statement on a database that nobody uses.
async fn run_on(database: &TestDatabase, statement: Sql) {
    let store = Store::open(database.settings()).unwrap();
    store.write(move |conn| conn.execute(statement, &[])).await.unwrap();
    store.close(std::time::Duration::from_secs(20)).await.unwrap();
}

/// A run of 6,000 finished cells.
async fn fill(database: &TestDatabase) -> i64 {
    let store = Store::open(database.settings()).unwrap();
    let history = History::begin(&store).await;
    history.run(&store, PastRun { cases: 3_000, ..PastRun::default() }).await;
    history.label(&store, "production", true).await;
    let rows = History::rows(&store).await;
    store.close(std::time::Duration::from_secs(20)).await.unwrap();
    rows
}

/// A card with accents, versions and a label, cases, a finished run that is kept, and a card without a version.
async fn make_content(actor: &Actor) {
    let content = |template: &str| {
        json!({
            "kind": "text",
            "messages": [{ "role": "user", "content": [{ "type": "text", "text": template }] }],
            "variables": [{ "name": "x", "type": "text", "required": true }],
        })
    };
    let card = actor.card("creme", &content("Crème brûlée „Grüße“ \u{1f980} {{ x }}")).await;
    let etag = actor.get("W/cards/creme/draft").await.etag.unwrap();
    let changed = json!({ "content": content("Crème brûlée, changed: {{ x }}") });
    let etag = actor.put("W/cards/creme/draft", &etag, &changed).await.etag.unwrap();
    let save = json!({ "message": "Second version" });
    let versions = "W/cards/creme/versions";
    actor.send(Method::POST, versions, &[("if-match", &etag)], Some(&save)).await.expect(201);
    let label = "W/cards/creme/labels/production";
    actor.send(Method::PUT, label, &[], Some(&json!({ "version": 1 }))).await.expect(200);
    let cases: Vec<Value> = (0..40)
        .map(|number| {
            json!({
                "variables": { "x": format!("word {number}") },
                "assertions": [{ "type": "contains", "value": "3" }],
            })
        })
        .collect();
    actor.cases(&card, &cases).await;
    let run = actor.start("creme", &["simulated/simulated-small"], 2).await;
    let run = actor.finish(&run).await;
    assert_eq!(run["state"], "finished");
    let kept = format!("W/runs/{}/keep", run["id"].as_str().unwrap());
    actor.send(Method::PUT, &kept, &[], None).await.expect(200);
    let draft = json!({ "slug": "draft", "title": "Unfinished", "content": content("Only a draft {{ x }}") });
    actor.post("W/cards", &draft).await.expect(201);
}

/// All that the API says of it.
async fn content(actor: &Actor) -> Vec<Value> {
    let mut all = Vec::new();
    let paths = [
        "W/cards",
        "W/cards?search=brulee",
        "W/cards/facets",
        "W/cards/creme",
        "W/cards/creme/draft",
        "W/cards/creme/versions",
        "W/cards/creme/versions/1",
        "W/cards/creme/labels",
        "W/cards/creme/labels/production/history",
        "W/suites",
        "W/runs",
    ];
    for path in paths {
        all.push(actor.get(path).await.expect(200));
    }
    assert_eq!(all[1]["items"].as_array().unwrap().len(), 1, "the search finds {:#}", all[1]);
    let suite = all[3]["suite_id"].as_str().unwrap();
    all.push(actor.get(&format!("W/suites/{suite}/cases?limit=200")).await.expect(200));
    let run = all[10]["items"][0].clone();
    assert_eq!(run["kept"], true);
    all.push(actor.run(&run).await);
    let cells = actor.cells(&run).await;
    assert_eq!(cells.len(), 80);
    let id = run["id"].as_str().unwrap();
    for cell in cells.iter().step_by(7) {
        all.push(actor.get(&format!("W/runs/{id}/cells/{}", cell["position"])).await.expect(200));
    }
    all.extend(cells);
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn there_and_back_everything_is_the_same_and_the_copy_works() {
    let (first, second, third) = (TestDatabase::on_file(), TestDatabase::new(), TestDatabase::on_file());
    let server = serve(&first);
    make_content(&server.actor).await;
    let before = content(&server.actor).await;
    server.kill();

    let there = copied(&command(&first, &second).output().unwrap());
    let back = copied(&command(&second, &third).output().unwrap());
    assert_eq!(there, back, "what came back is what went");
    assert!(there.contains("\ncells                        80 "), "{there}");
    for database in [&second, &third] {
        let said = refused_start(database);
        assert!(said.contains("the master key") && said.contains("is missing"), "{said}");
        take_master_key(&first, database);
        let server = serve(database);
        assert_eq!(content(&server.actor).await, before);
        // Numbers that the database gives out itself go on.
        let new = json!({ "slug": "new", "title": "Newest", "content": before[4]["content"] });
        server.actor.post("W/cards", &new).await.expect(201);
        let found = server.actor.get("W/cards?search=newest").await.expect(200);
        assert_eq!(found["items"].as_array().unwrap().len(), 1, "{found:#}");
        let run = server.actor.start("creme", &["simulated/simulated-small"], 1).await;
        assert_eq!(server.actor.finish(&run).await["state"], "finished");
        server.kill();
    }
    // It was used since: that is said, and nothing is changed.
    let said = refused(command(&first, &second), 6);
    assert!(said.contains("the copy had been finished") && said.contains("cards has 3 rows for 2"), "{said}");
}

/// A copy that is killed once it has said so many lines; false if it ended before.
fn killed_after(mut command: Command, lines: usize) -> bool {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
    let in_the_middle = said.by_ref().take(lines).count() == lines;
    child.kill().unwrap();
    child.wait().unwrap();
    in_the_middle
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_anywhere_and_typed_again_it_goes_on_to_the_same_end() {
    let (first, second) = (TestDatabase::on_file(), TestDatabase::new());
    let rows = fill(&first).await;
    let mut kills = 0;
    // A fixed seed: killed at the same lines each time, at each a little further into the next chunk.
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut lines = 0;
    loop {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        lines += usize::try_from(random % 6).unwrap() + 3;
        if !killed_after(command(&first, &second), lines) {
            break;
        }
        kills += 1;
        if kills == 3 {
            let said = refused_start(&second);
            assert!(said.contains("is not finished") && said.contains("promptcards copy"), "{said}");
        }
    }
    assert!(kills >= 8, "{kills} kills");
    let resumed = copied(&command(&first, &second).output().unwrap());
    let fresh = TestDatabase::on_file();
    assert_eq!(resumed, copied(&command(&first, &fresh).output().unwrap()));
    let store = Store::open(second.settings()).unwrap();
    assert_eq!(History::rows(&store).await, rows);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_was_changed_in_the_copy_is_found() {
    const ONE_LETTER: Sql =
        Sql::new("UPDATE cell_results SET output = 'X' || substr(output, 2) WHERE cell_id = 4321");
    const ONE_LESS: Sql = Sql::new("DELETE FROM cells WHERE id = 5999");
    let (first, second) = (TestDatabase::on_file(), TestDatabase::new());
    fill(&first).await;
    copied(&command(&first, &second).output().unwrap());
    run_on(&second, ONE_LETTER).await;
    let said = refused(command(&first, &second), 6);
    assert!(
        said.contains("cell_results has 6000 rows for 6000, the first that differs is cell_id 4321"),
        "{said}"
    );
    run_on(&second, ONE_LESS).await;
    let said = refused(command(&first, &second), 6);
    assert!(said.contains("cells has 5999 rows for 6000, the first that differs is id 5999"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_is_changed_while_it_is_copied_is_found_and_no_server_starts() {
    const OTHER_NUMBER: &str = "UPDATE run_cases SET content = content || ' ' WHERE position = 17";
    let (first, second) = (TestDatabase::on_file(), TestDatabase::new());
    fill(&first).await;
    // 15 tables, and some tenths of the cases.
    assert!(killed_after(command(&first, &second), 40));
    // Past the store, which does not open what is half a copy.
    if second.is_on_server() {
        second.query(OTHER_NUMBER);
    } else {
        let file = rusqlite::Connection::open(second.folder().join("promptcards.db")).unwrap();
        assert_eq!(file.execute(OTHER_NUMBER, []).unwrap(), 1);
    }
    let said = refused(command(&first, &second), 6);
    assert!(said.contains("run_cases has 3000 rows for 3000") && said.contains("position 17."), "{said}");
    assert!(refused_start(&second).contains("is not finished"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_served_is_not_copied() {
    let (first, second, third) = (TestDatabase::new(), TestDatabase::new(), TestDatabase::on_file());
    let server = serve(&first);
    let said = refused(command(&first, &third), 5);
    assert!(said.contains("another server or copy") && said.contains("stop that one"), "{said}");
    let said = refused(command(&third, &first), 1);
    assert!(said.contains("there is no database at"), "{said}");
    server.kill();
    let server = serve(&second);
    let said = refused(command(&first, &second), 5);
    assert!(said.contains("another server or copy"), "{said}");
    server.kill();
    let said = refused(command(&first, &second), 1);
    assert!(said.contains("is not empty: there are rows in workspaces"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_server_starts_on_a_database_while_it_is_copied() {
    let (first, second) = (TestDatabase::new(), TestDatabase::new());
    fill(&first).await;
    let mut copy = Stopped::after_a_line(command(&first, &second));
    for database in [&first, &second] {
        let said = refused_start(database);
        let expected =
            if database.is_on_server() { "`promptcards copy` is at work" } else { "server or copy" };
        assert!(said.contains(expected), "{said}");
    }
    copy.go_on();
}

/// A copy that stands still in the middle.
struct Stopped(Child);

impl Stopped {
    fn after_a_line(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = [0];
        child.stderr.as_mut().unwrap().read_exact(&mut line).unwrap();
        let stopped = Self(child);
        stopped.signal("STOP");
        stopped
    }

    fn signal(&self, signal: &str) {
        let kill = Command::new("kill").args([format!("-{signal}"), self.0.id().to_string()]).status();
        assert!(kill.unwrap().success());
    }

    fn go_on(&mut self) {
        self.signal("CONT");
        let mut said = String::new();
        self.0.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert!(self.0.wait().unwrap().success(), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_copied_is_refused_with_the_reason() {
    const NEWER: Sql =
        Sql::new("INSERT INTO migrations (number, name, checksum) VALUES (99, 'later', 'unknown')");
    const OLDER: Sql = Sql::new("DELETE FROM migrations");
    const ZERO: Sql = Sql::new("UPDATE cell_results SET output = 'a' || char(0) WHERE cell_id = 77");
    let (source, target, other) = (TestDatabase::on_file(), TestDatabase::new(), TestDatabase::on_file());
    fill(&source).await;

    let said = refused(copy_command(&name(&source), &name(&source)), 1);
    assert!(said.contains("are the same database"), "{said}");
    let said = refused(copy_command(&name(&source), "postgres://nobody:secret@127.0.0.1:1/nothing"), 1);
    assert!(said.contains("nobody:***@127.0.0.1:1") && said.contains("cannot do it now"), "{said}");
    let said = refused(copy_command(&name(&source), "mysql://me@localhost/cards"), 1);
    assert!(said.contains("mysql"), "{said}");
    let text = other.folder().join("notes.db");
    std::fs::write(&text, "no database").unwrap();
    let said = refused(copy_command(&text.display().to_string(), &name(&target)), 3);
    assert!(said.contains("is not a database of Promptcards"), "{said}");

    assert!(killed_after(command(&source, &target), 5));
    copied(&command(&source, &other).output().unwrap());
    let said = refused(command(&other, &target), 1);
    assert!(said.contains("was begun and is not finished") && said.contains(&name(&source)), "{said}");
    let said = refused(command(&target, &TestDatabase::on_file()), 1);
    assert!(said.contains("is not finished"), "{said}");
    if target.is_on_server() {
        run_on(&source, ZERO).await;
        let said = refused(command(&source, &target), 1);
        assert!(said.contains("the row cell_id 77 of cell_results") && said.contains("U+0000"), "{said}");
    }

    for (step, code, reason) in
        [(NEWER, 4, "schema 99 and this program knows"), (OLDER, 1, "schema 0 and this program needs")]
    {
        let (wrong, good, empty) = (TestDatabase::new(), TestDatabase::on_file(), TestDatabase::on_file());
        drop(Store::open(good.settings()).unwrap());
        run_on(&wrong, step).await;
        for command in [command(&wrong, &empty), command(&good, &wrong)] {
            let said = refused(command, code);
            assert!(said.contains(reason) && said.contains("left as it is"), "{said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_gets_full_keeps_what_was_copied_and_with_space_it_goes_on() {
    let (first, second) = (TestDatabase::on_file(), TestDatabase::on_file());
    fill(&first).await;
    let folder = second.folder();
    let mount = |options: &str| {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(folder).stderr(Stdio::null());
        mount.status().is_ok_and(|status| status.success())
    };
    if !mount("size=6m") {
        testkit::not_run("a disk that gets full", "this process may not mount a disk");
        return;
    }
    let said = refused(command(&first, &second), 1);
    let resized = mount("remount,size=64m");
    let again = command(&first, &second).output();
    let unmounted = Command::new("umount").arg("--lazy").arg(folder).status();
    assert!(said.contains("the disk is full") && said.contains("it goes on"), "{said}");
    assert!(resized && unmounted.unwrap().success());
    copied(&again.unwrap());
}
