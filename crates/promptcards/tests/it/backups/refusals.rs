//! What is refused, and that nothing is changed by it.

use std::fs;

use rusqlite::Connection;
use testkit::TestDatabase;

use super::{Vault, cards, done, left, make_card, named, of, refused, serve};
use crate::schemas;

#[tokio::test]
async fn a_database_that_is_there_is_replaced_only_if_that_is_said_and_kept_aside() {
    let vault = Vault::make();
    let newer = left(&["new"]).await;
    let backup = vault.made(newer.folder());
    let database = left(&["old"]).await;
    let folder = database.folder();
    let said = refused(&mut vault.restore(&backup, folder), 1);
    assert!(said.contains("give --replace"), "{said}");
    assert_eq!(cards(folder), named(&["old"]));
    let said = done(vault.restore(&backup, folder).arg("--replace"));
    assert_eq!(cards(folder), named(&["new"]));
    assert!(said.contains("Put the copy of its master key at"), "{said}");
    fs::copy(newer.folder().join("master.key"), newer.folder().join("writable")).unwrap();
    fs::rename(newer.folder().join("writable"), folder.join("master.key")).unwrap();
    let (_, aside) = said.split_once("kept as ").unwrap();
    let aside = aside.lines().next().unwrap().trim_end_matches('.');
    let kept = tempfile::tempdir().unwrap();
    fs::copy(aside, kept.path().join("promptcards.db")).unwrap();
    assert_eq!(cards(kept.path()), named(&["old"]));
    // That it was restored is a line of its audit log.
    let log = done(&mut of(folder, "audit export"));
    assert!(log.contains("\"action\":\"backup.restore\""), "{log}");
    assert!(done(&mut of(folder, "audit verify")).contains("is sound"));
}

#[tokio::test]
async fn a_server_keeps_its_database() {
    let vault = Vault::make();
    let database = TestDatabase::on_file();
    let server = serve(database.folder(), &[]);
    make_card(&server.actor, "kept").await;
    let backup = vault.made(database.folder());
    let said = refused(vault.restore(&backup, database.folder()).arg("--replace"), 5);
    assert!(said.contains("another server"), "{said}");
    server.actor.get("W/cards/kept").await.expect(200);
    // To look at one, nobody has to stop.
    done(vault.restore(&backup, database.folder()).arg("--verify"));
}

#[tokio::test]
async fn who_has_no_key_or_another_one_opens_nothing() {
    let (vault, other) = (Vault::make(), Vault::make());
    let database = left(&["one"]).await;
    let backup = vault.made(database.folder());
    let elsewhere = tempfile::tempdir().unwrap();
    let said = refused(&mut other.restore(&backup, elsewhere.path()), 1);
    assert!(said.contains("sealed for another key"), "{said}");
    let said = refused(of(elsewhere.path(), "restore").arg(&backup), 1);
    assert!(said.contains("is encrypted") && said.contains("--identity"), "{said}");
    let said = refused(of(elsewhere.path(), "restore").arg(&backup).arg("--identity").arg(&backup), 1);
    assert!(said.contains("cannot be used") || said.contains("no private key"), "{said}");
    assert!(!elsewhere.path().join("promptcards.db").exists());
    // A file that is neither.
    let text = elsewhere.path().join("text");
    fs::write(&text, "a letter").unwrap();
    assert!(refused(&mut vault.restore(&text, elsewhere.path()), 1).contains("neither a backup"));
    // Nor is one made that anybody could read, unless that is said.
    let said = refused(of(database.folder(), "backup").arg("--to").arg(vault.backups()), 1);
    assert!(said.contains("would not be encrypted") && said.contains("unencrypted"), "{said}");
    let said = refused(of(database.folder(), "backup").args(["--to", "s3://bucket/x", "--unencrypted"]), 1);
    assert!(said.contains("s3:// is none"), "{said}");
    let said = refused(of(database.folder(), "backup").args(["--to", "x", "--recipient", "age1qqqq"]), 1);
    assert!(said.contains("backup-pair"), "{said}");
    assert_eq!(vault.list().len(), 1);
}

#[test]
fn a_backup_of_a_newer_program_is_left_alone() {
    let (vault, database) = (Vault::make(), TestDatabase::on_file());
    let folder = database.folder();
    schemas::make(folder, schemas::steps().len(), 10);
    let newer = format!("INSERT INTO migrations VALUES ({}, 'later', 'x', 0)", schemas::steps().len() + 1);
    let open = || Connection::open(schemas::file(folder)).unwrap();
    open().execute_batch(&newer).unwrap();
    assert!(refused(&mut vault.backup(folder), 4).contains("knows schemas up to"));
    // As the newer program would have made it: a plain copy will do.
    let copy = vault.folder.path().join("copy.db");
    open().execute("VACUUM INTO ?1", [copy.to_str().unwrap()]).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let said = refused(&mut vault.restore(&copy, elsewhere.path()), 4);
    assert!(said.contains("knows schemas up to"), "{said}");
    assert!(!elsewhere.path().join("promptcards.db").exists());
}

#[test]
fn the_copy_from_before_a_migration_is_restored_as_a_backup_is() {
    let (vault, database) = (Vault::make(), TestDatabase::on_file());
    let folder = database.folder();
    schemas::make(folder, 1, 100);
    let before = schemas::state(&schemas::file(folder));
    // A backup of an older schema is one, too.
    let backup = vault.made(folder);
    assert!(serve(folder, &[]).stop().success());
    for file in [folder.join("promptcards.db.before-0002.bak"), backup] {
        let elsewhere = tempfile::tempdir().unwrap();
        done(&mut vault.restore(&file, elsewhere.path()));
        assert_eq!(schemas::state(&schemas::file(elsewhere.path())), before);
        assert!(serve(elsewhere.path(), &[]).stop().success());
        assert_eq!(schemas::state(&schemas::file(elsewhere.path())).rows, 100);
    }
}
