//! `kill -9` while a backup is made and while one is restored: no half of either has the name of a whole one, and the
//! next start is ready. The moment is counted in changes of the files, drawn by a seed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use testkit::{Program, ServerProcess};

use super::{BINARY, Vault, cards, done, ending, left, named};

const KILLS: usize = 20;

/// All files below, with their length and the time of their last change.
fn listing(folder: &Path, found: &mut BTreeMap<PathBuf, (u64, Option<SystemTime>)>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        match fs::metadata(&path) {
            Ok(facts) if facts.is_dir() => listing(&path, found),
            Ok(facts) => drop(found.insert(path, (facts.len(), facts.modified().ok()))),
            // It was removed in between.
            Err(_) => {}
        }
    }
}

/// Kills a program after so many changes of the files in the folders, or lets it end. Says how many it saw.
fn kill_after(command: &mut Command, folders: &[&Path], changes: usize) -> usize {
    let look = || {
        let mut found = BTreeMap::new();
        for folder in folders {
            listing(folder, &mut found);
        }
        found
    };
    let (mut seen, mut last) = (0, look());
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while seen < changes && child.try_wait().unwrap().is_none() {
        let now = look();
        seen += usize::from(now != last);
        last = now;
        std::thread::yield_now();
    }
    // It may have ended by itself.
    drop(child.kill());
    child.wait().unwrap();
    seen
}

/// `strike` with each of the moments: first one that never comes, to count the changes, then those that are drawn.
fn at_random_moments(mut seed: u64, mut strike: impl FnMut(usize) -> usize) {
    let most = strike(usize::MAX);
    assert!(most > 3, "only {most} changes were seen");
    for _ in 0..KILLS {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        strike(1 + usize::try_from(seed % most as u64).unwrap());
    }
}

#[tokio::test]
async fn a_backup_that_is_killed_leaves_no_half_of_one() {
    let database = left(&["one", "two"]).await;
    let vault = Vault::make();
    let folder = database.folder();
    at_random_moments(0x2545_f491_4f6c_dd1d, |changes| {
        let seen = kill_after(&mut vault.backup(folder), &[folder, &vault.backups()], changes);
        for backup in vault.list() {
            done(vault.restore(&backup, folder).arg("--verify"));
            let beside = format!("{}.json", backup.display());
            assert!(Path::new(&beside).exists(), "after {changes} changes: no {beside}");
        }
        seen
    });
    // The next one works, and takes away what the kills left beside the database.
    vault.made(folder);
    let names: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(names.iter().all(|name| !name.to_string_lossy().starts_with("backup.work-")), "{names:?}");
}

#[tokio::test]
async fn a_restore_that_is_killed_leaves_the_one_or_the_other() {
    let vault = Vault::make();
    let newer = left(&["new", "newer"]).await;
    let backup = vault.made(newer.folder());
    // As a kill leaves it: a part of it is in its log alone.
    let older = super::TestDatabase::on_file();
    let server = super::serve(older.folder(), &[]);
    super::make_card(&server.actor, "old").await;
    server.kill();
    let (old, new) = (named(&["old"]), named(&["new", "newer"]));
    let mut found = (0, 0);
    at_random_moments(0x9e37_79b9_7f4a_7c15, |changes| {
        let folder = tempfile::tempdir().unwrap();
        for entry in fs::read_dir(older.folder()).unwrap().map(Result::unwrap) {
            fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
        }
        fs::copy(newer.folder().join("master.key"), folder.path().join("new.key")).unwrap();
        let mut command = vault.restore(&backup, folder.path());
        let seen = kill_after(command.arg("--replace"), &[folder.path()], changes);
        // Which one it is shows when it is opened; the master key is that of the one or of the other.
        let mut start = ServerProcess::command(BINARY.as_ref(), folder.path());
        let server = Program::start(&mut start).or_else(|_| {
            start.env("PROMPTCARDS_SECRETS__MASTER_KEY_FILE", folder.path().join("new.key"));
            Program::start(&mut start)
        });
        let server = server.unwrap_or_else(|log| panic!("after {changes} changes: {log}"));
        assert!(server.stop().success());
        let there = cards(folder.path());
        assert!(there == old || there == new, "after {changes} changes: {there:?}");
        assert_eq!(ending(folder.path(), ".restoring"), Vec::<PathBuf>::new());
        if there == new {
            // What was replaced is there as it was, its log with it.
            let aside = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
            let aside: Vec<PathBuf> =
                aside.filter(|path| path.to_str().unwrap().contains(".replaced-")).collect();
            let kept = tempfile::tempdir().unwrap();
            for path in &aside {
                let name = path.file_name().unwrap().to_str().unwrap();
                let end = ["-wal", "-shm"].into_iter().find(|end| name.ends_with(end)).unwrap_or_default();
                fs::copy(path, kept.path().join(format!("promptcards.db{end}"))).unwrap();
            }
            assert_eq!(cards(kept.path()), old, "after {changes} changes: {aside:?}");
            found.1 += 1;
        } else {
            found.0 += 1;
        }
        seen
    });
    assert!(found.0 > 0 && found.1 > 0, "{found:?}: all kills came too early or too late");
}
