//! The schedule of a server: backups and drills by themselves, kept for a while, and failures that are seen.

use std::fs;
use std::time::Duration;

use serde_json::Value;
use testkit::{Actor, TestDatabase};
use tokio::time::timeout;

use super::{Vault, make_card, serve};

const PATIENCE: Duration = Duration::from_mins(1);

/// Asks until what is found is as it should be.
pub(super) async fn until(actor: &Actor, path: &str, fits: impl Fn(&Value) -> bool) -> Value {
    let ask = async {
        loop {
            let found = actor.get(path).await.expect(200);
            if fits(&found) {
                return found;
            }
        }
    };
    let found = timeout(PATIENCE, ask).await;
    assert!(found.is_ok(), "{path} is never as it should be");
    found.unwrap()
}

async fn line(actor: &Actor, action: &str) -> Value {
    let path = format!("/api/v1/audit?action={action}&limit=1");
    let found = until(actor, &path, |found| found["items"].as_array().is_some_and(|items| !items.is_empty()));
    found.await["items"][0].clone()
}

async fn health(actor: &Actor, status: &str) -> Value {
    let check = |found: &Value| found["checks"]["backups:responseTime"][0].clone();
    let found = until(actor, "/api/v1/health", |found| check(found)["status"] == status);
    check(&found.await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_backs_itself_up_tries_whether_it_can_be_restored_and_says_so_if_not() {
    let (vault, database) = (Vault::make(), TestDatabase::on_file());
    let mut environment = vault.environment();
    for (name, value) in [("INTERVAL_S", "1"), ("DRILL_INTERVAL_S", "1"), ("KEEP", "2"), ("KEEP_DAYS", "0")] {
        let name: &'static str = format!("PROMPTCARDS_BACKUP__{name}").leak();
        environment.push((name, value.to_owned()));
    }
    let server = serve(database.folder(), &environment);
    let actor = &server.actor;
    make_card(actor, "kept").await;

    let made = line(actor, "backup.create").await;
    assert!(made["object"].as_str().is_some_and(|name| name.starts_with("backup:promptcards-2")), "{made}");
    line(actor, "backup.drill").await;
    let check = health(actor, "pass").await;
    assert!(check["output"].as_str().unwrap().starts_with("The last backup is of 2"), "{check}");
    // Old ones go, the newest stay.
    let many = |found: &Value| found["items"].as_array().is_some_and(|items| items.len() >= 5);
    until(actor, "/api/v1/audit?action=backup.create&limit=5", many).await;
    assert!((1..=3).contains(&vault.list().len()), "{:?}", vault.list());

    // The disk of the backups is gone: a file is in the place of the folder.
    let aside = vault.folder.path().join("aside");
    while fs::rename(vault.backups(), &aside).is_err() || fs::write(vault.backups(), "").is_err() {
        // The server may have made the folder again in between.
        fs::remove_dir_all(&aside).unwrap();
    }
    line(actor, "backup.failed").await;
    let check = health(actor, "warn").await;
    assert!(check["output"].as_str().unwrap().starts_with("The last backup could not be made"), "{check}");
    assert!(check["cost"].as_str().unwrap().contains("is lost"), "{check}");
    // And back.
    fs::remove_file(vault.backups()).unwrap();
    health(actor, "pass").await;

    // A drill whose key is another one.
    fs::copy(Vault::make().key(), vault.key()).unwrap();
    line(actor, "backup.drill_failed").await;
    let check = health(actor, "warn").await;
    assert!(
        check["output"].as_str().unwrap().starts_with("The newest backup could not be restored"),
        "{check}"
    );
    assert!(server.stop().success());
    let left = fs::read_dir(database.folder()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(left.into_iter().all(|name| !name.to_string_lossy().starts_with("backup.work-")));
}

#[tokio::test]
async fn settings_that_would_write_prompts_in_the_clear_start_nothing() {
    let (vault, database) = (Vault::make(), TestDatabase::on_file());
    let mut command = testkit::ServerProcess::command(super::BINARY.as_ref(), database.folder());
    command.env("PROMPTCARDS_BACKUP__FOLDER", vault.backups());
    let said = super::refused(&mut command, 1);
    assert!(
        said.contains("backup.recipients is empty") && said.contains("backup.unencrypted = true"),
        "{said}"
    );
    command.env("PROMPTCARDS_BACKUP__RECIPIENTS", "[\"age1x\"]");
    let said = super::refused(&mut command, 1);
    assert!(said.contains("is no recipient"), "{said}");
}
