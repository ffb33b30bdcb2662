//! Backups that were cut off or altered, anywhere: none is taken for a whole one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use engine::backups::{self, Identity};
use testkit::{ServerProcess, TestDatabase};

use super::{BINARY, Vault, cards, done, left, named, of, refused, serve};

/// So many places are altered in each of the two kinds, and so many cuts made.
const PLACES: usize = 250;
const CUTS: usize = 40;

fn is_sound(bytes: &[u8], keys: &[Identity], work: &Path) -> bool {
    let file = work.join("tried");
    fs::write(&file, bytes).unwrap();
    backups::verify(&file, Some(keys), work, &|| true).is_ok()
}

/// `count` places of a file, spread over it, and each of its first and last ones.
fn places(length: usize, count: usize) -> impl Iterator<Item = usize> {
    (0..length).step_by(1 + length / count).chain(0..40).chain(length - 40..length)
}

#[tokio::test]
async fn each_altered_byte_and_each_cut_is_refused() {
    let database = left(&["one", "two"]).await;
    let vault = Vault::make();
    let sealed = vault.made(database.folder());
    let plain = done(of(database.folder(), "backup").arg("--unencrypted").arg("--to").arg(vault.backups()));
    let plain = plain.lines().next().unwrap().into();
    tokio::task::spawn_blocking(move || refuses_all_but_what_was_made(&vault, [sealed, plain]))
        .await
        .unwrap();
}

fn refuses_all_but_what_was_made(vault: &Vault, made: [PathBuf; 2]) {
    let keys = backups::identities(&vault.key()).unwrap();
    let work = tempfile::tempdir().unwrap();
    for path in made {
        let whole = fs::read(&path).unwrap();
        assert!(is_sound(&whole, &keys, work.path()));
        let mut altered = whole.clone();
        for place in places(whole.len(), PLACES) {
            let bit = 1 << (place % 8);
            altered[place] ^= bit;
            assert!(!is_sound(&altered, &keys, work.path()), "{} altered at {place}", path.display());
            altered[place] ^= bit;
        }
        for end in places(whole.len(), CUTS) {
            assert!(!is_sound(&whole[..end], &keys, work.path()), "{} cut at {end}", path.display());
        }
        let longer = [&whole[..], b"\0"].concat();
        assert!(!is_sound(&longer, &keys, work.path()), "{} with a byte more", path.display());
    }
    // Nothing of all that is left.
    assert_eq!(fs::read_dir(work.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_damaged_backup_changes_nothing() {
    let database = left(&["kept"]).await;
    let vault = Vault::make();
    let file = vault.made(database.folder());
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, bytes).unwrap();
    let path = database.folder().join("promptcards.db");
    let before = fs::read(&path).unwrap();
    let said = refused(vault.restore(&file, database.folder()).arg("--replace"), 1);
    assert!(said.contains("nothing was changed, take another one"), "{said}");
    assert!(refused(vault.restore(&file, database.folder()).arg("--verify"), 1).contains("cannot be used"));
    assert!(fs::read(&path).unwrap() == before);
    let names: Vec<_> =
        fs::read_dir(database.folder()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(names.iter().all(|name| !name.to_string_lossy().contains("restor")), "{names:?}");
}

/// A database with the card `kept`, a backup of it, and then damage to it.
async fn damaged(vault: &Vault) -> TestDatabase {
    let database = left(&["kept"]).await;
    vault.made(database.folder());
    let path = database.folder().join("promptcards.db");
    let mut bytes = fs::read(&path).unwrap();
    let page = bytes.len() / 8192 * 4096;
    bytes[page..page + 8].fill(0xff);
    fs::write(&path, bytes).unwrap();
    database
}

#[tokio::test]
async fn a_database_that_is_damaged_is_not_backed_up() {
    let vault = Vault::make();
    let database = damaged(&vault).await;
    let said = refused(&mut vault.backup(database.folder()), 3);
    assert!(said.contains("is damaged"), "{said}");
    assert_eq!(vault.list().len(), 1);
}

#[tokio::test]
async fn what_a_refused_start_says_to_type_puts_the_backup_in_place() {
    let vault = Vault::make();
    let database = damaged(&vault).await;
    let mut start = ServerProcess::command(BINARY.as_ref(), database.folder());
    start.envs(vault.environment());
    let said = refused(&mut start, 3);
    let (_, newest) = said.split_once("The newest backup is ").unwrap();
    let (newest, _) = newest.split_once(", of 2").unwrap();
    assert_eq!(Path::new(newest), vault.list()[0]);
    let (_, command) = said.split_once("put a backup in its place: promptcards ").unwrap();
    let (command, _) = command.split_once(". Without one").unwrap();
    let command = command.replace("YOUR-BACKUP", newest).replace("YOUR-KEY", vault.key().to_str().unwrap());
    let mut typed = Command::new("sh");
    done(typed.args(["-c", &format!("\"$0\" {command}")]).arg(BINARY).current_dir(vault.folder.path()));
    assert_eq!(cards(database.folder()), named(&["kept"]));
    assert!(serve(database.folder(), &[]).stop().success());
}
