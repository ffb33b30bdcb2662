//! A backup of a database in `PostgreSQL`: one state of it, as a file.

use serde_json::Value;
use testkit::TestDatabase;

use super::schedule::until;
use super::{Vault, cards, done, make_card, named, of, refused, serve};

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_a_server_is_backed_up_beside_it_and_goes_back_by_a_copy() {
    let (vault, database) = (Vault::make(), TestDatabase::new());
    let Some(url) = database.url() else {
        testkit::not_run("a backup of PostgreSQL", "TEST_POSTGRES_URL is not set");
        return;
    };
    let environment = [("PROMPTCARDS_STORE__DATABASE_URL", url.clone())];
    let server = serve(database.folder(), &environment);
    make_card(&server.actor, "one").await;
    let mut command = vault.backup(database.folder());
    let said = done(command.env("PROMPTCARDS_STORE__DATABASE_URL", &url));
    let backup = said.lines().next().unwrap().to_owned();
    // The server went on meanwhile.
    make_card(&server.actor, "two").await;
    assert!(server.stop().success());

    let mut command = vault.restore(backup.as_ref(), database.folder());
    let said = refused(command.env("PROMPTCARDS_STORE__DATABASE_URL", &url), 1);
    assert!(said.contains("promptcards copy --from"), "{said}");
    let folder = tempfile::tempdir().unwrap();
    done(&mut vault.restore(backup.as_ref(), folder.path()));
    assert_eq!(cards(folder.path()), named(&["one"]));
    std::fs::copy(database.folder().join("master.key"), folder.path().join("master.key")).unwrap();
    assert!(done(&mut of(folder.path(), "audit verify")).contains("is sound"));
    // Into another database of the server, and a server on that.
    let other = TestDatabase::new();
    let mut copy = std::process::Command::new(super::BINARY);
    done(copy.arg("copy").arg("--from").arg(folder.path()).args(["--to", &other.url().unwrap()]));
    std::fs::copy(database.folder().join("master.key"), other.folder().join("master.key")).unwrap();
    let server = serve(other.folder(), &[("PROMPTCARDS_STORE__DATABASE_URL", other.url().unwrap())]);
    server.actor.get("W/cards/one").await.expect(200);
    server.actor.get("W/cards/two").await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_instances_one_makes_the_backup() {
    let (vault, database) = (Vault::make(), TestDatabase::new());
    let Some(url) = database.url() else {
        testkit::not_run("a backup by one of several instances", "TEST_POSTGRES_URL is not set");
        return;
    };
    let mut environment = vault.environment();
    environment.push(("PROMPTCARDS_STORE__DATABASE_URL", url));
    // Both begin to look at the same moment, once the first has made the database.
    assert!(serve(database.folder(), &environment[3..]).stop().success());
    let (one, other) = std::thread::scope(|scope| {
        let start = || serve(database.folder(), &environment);
        let (one, other) = (scope.spawn(start), scope.spawn(start));
        (one.join().unwrap(), other.join().unwrap())
    });
    let passes = |found: &Value| found["checks"]["backups:responseTime"][0]["status"] == "pass";
    for server in [&one, &other] {
        until(&server.actor, "/api/v1/health", passes).await;
    }
    for action in ["backup.begin", "backup.create"] {
        let lines = one.actor.get(&format!("/api/v1/audit?action={action}")).await.expect(200);
        assert_eq!(lines["items"].as_array().unwrap().len(), 1, "{lines}");
    }
    assert_eq!(vault.list().len(), 1);
    assert!(one.stop().success() && other.stop().success());
}
