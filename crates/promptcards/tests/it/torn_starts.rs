//! `kill -9` while a start, a change of keys or an end is under way: what was begun is whole or not there, and the next
//! start is ready. The moment is counted in changes of the files, drawn by a seed.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::SystemTime;

use testkit::{Program, Random, ServerProcess, TestDatabase};

use crate::schemas::{State, add_rows_to_the_log, file, make, state, steps};

const BINARY: &str = env!("CARGO_BIN_EXE_promptcards");
/// Kills of each kind.
const KILLS: usize = 16;
const ROWS: u32 = 5_000;

/// The files of a folder with their length and the time of their last change.
fn listing(folder: &Path) -> BTreeMap<String, (u64, Option<SystemTime>)> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let of = |entry: fs::DirEntry| {
        // It may have been removed in between.
        let metadata = entry.metadata().ok();
        let length = metadata.as_ref().map_or(0, fs::Metadata::len);
        (entry.file_name().into_string().unwrap(), (length, metadata.and_then(|found| found.modified().ok())))
    };
    entries.map(of).collect()
}

/// Kills the program after so many changes of the files in its folder; before, if it is `done`. Says how many it saw.
fn kill_after(
    mut child: Child,
    folder: &Path,
    changes: usize,
    mut done: impl FnMut(&mut Child) -> bool,
) -> usize {
    let (mut seen, mut last) = (0, listing(folder));
    while seen < changes && !done(&mut child) {
        let now = listing(folder);
        seen += usize::from(now != last);
        last = now;
        std::thread::yield_now();
    }
    // It may have ended by itself.
    drop(child.kill());
    child.wait().unwrap();
    seen
}

/// Starts the server in a folder. What it says on standard output goes into a file outside of that.
fn begin(folder: &Path, said: &File) -> Child {
    let mut command = ServerProcess::command(BINARY.as_ref(), folder);
    command.env("PROMPTCARDS_LOG__LEVEL", "error").stdout(said.try_clone().unwrap()).spawn().unwrap()
}

/// The next start is ready, and ends well.
fn assert_goes_on(folder: &Path) {
    let mut command = ServerProcess::command(BINARY.as_ref(), folder);
    let server = Program::start(&mut command).unwrap();
    assert!(server.stop().success());
}

/// `strike` with each of the moments: first one that never comes, to count the changes, then those that are drawn.
fn at_random_moments(seed: u64, mut strike: impl FnMut(usize) -> usize) {
    let most = strike(usize::MAX);
    let mut random = Random::seeded(seed);
    for _ in 0..KILLS {
        strike(1 + random.below(most));
    }
}

#[test]
fn a_migration_that_is_killed_is_whole_or_not_there() {
    let states: Vec<State> = (0..=steps().len())
        .map(|step| {
            let folder = tempfile::tempdir().unwrap();
            make(folder.path(), step.max(1), ROWS);
            state(&file(folder.path()))
        })
        .collect();
    let newest = states.last().unwrap();
    let old = tempfile::tempdir().unwrap();
    make(old.path(), 1, ROWS);
    at_random_moments(0x2545_f491_4f6c_dd1d, |changes| {
        let database = TestDatabase::on_file();
        let folder = database.folder();
        fs::copy(file(old.path()), file(folder)).unwrap();
        let said = tempfile::tempfile().unwrap();
        let seen = kill_after(begin(folder, &said), folder, changes, |_| said.metadata().unwrap().len() > 0);
        let found = state(&file(folder));
        assert_eq!(found, states[found.steps], "after {changes} changes: half of a step is there");
        assert_goes_on(folder);
        assert_eq!(&state(&file(folder)), newest, "after {changes} changes");
        let copy = folder.join("promptcards.db.before-0002.bak");
        // Where the kill came after the first step, the next start had another one to make.
        assert_eq!(state(&copy), states[1], "the copy from before");
        seen
    });
}

fn keys(folder: &Path, what: &str) -> Command {
    let mut command = Command::new(BINARY);
    command.args(["keys", what, "--data-dir"]).arg(folder).current_dir(folder);
    command.env("PROMPTCARDS_SECRETS__MASTER_KEY_FILE", folder.join("master.key"));
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// A server that has been used, in its folder: who was signed in has the token.
fn used() -> (TestDatabase, String) {
    let database = TestDatabase::on_file();
    let server = ServerProcess::start(BINARY.as_ref(), database.folder(), &[]);
    let token = server.actor.token().to_owned();
    assert!(server.stop().success());
    (database, token)
}

async fn change_of_keys_is_killed(what: &str, seed: u64) {
    let (database, token) = used();
    let folder = database.folder();
    at_random_moments(seed, |changes| {
        let child = keys(folder, what).spawn().unwrap();
        let count = kill_after(child, folder, changes, |child| child.try_wait().unwrap().is_some());
        assert_goes_on(folder);
        count
    });
    let server = Program::start(&mut ServerProcess::command(BINARY.as_ref(), folder)).unwrap();
    let person = testkit::Actor::at(server.address()).with(token);
    person.get("W/cards").await.expect(200);
}

#[tokio::test]
async fn a_new_master_key_that_is_killed_is_finished_or_undone() {
    change_of_keys_is_killed("rewrap", 0x9e37_79b9_7f4a_7c15).await;
}

#[tokio::test]
async fn a_new_signing_key_that_is_killed_signs_nobody_out() {
    change_of_keys_is_killed("rotate", 0xbf58_476d_1ce4_e5b9).await;
}

#[test]
fn an_end_that_is_killed_while_it_empties_the_log_loses_nothing() {
    let (database, _) = used();
    let folder = database.folder();
    let mut rows = 0;
    at_random_moments(0x94d0_49bb_1331_11eb, |changes| {
        add_rows_to_the_log(folder, rows, ROWS);
        rows += ROWS;
        let said = tempfile::tempfile().unwrap();
        let child = begin(folder, &said);
        while said.metadata().unwrap().len() == 0 {
            std::thread::yield_now();
        }
        assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
        let count = kill_after(child, folder, changes, |child| child.try_wait().unwrap().is_some());
        assert_eq!(state(&file(folder)).rows, rows, "after {changes} changes");
        assert_goes_on(folder);
        assert_eq!(state(&file(folder)).rows, rows, "after {changes} changes and a start");
        count
    });
}
