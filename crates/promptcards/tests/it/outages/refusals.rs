//! The database server answers, and says no: no room for a connection, nothing may be written, the disk is full,
//! nobody is let in, the database is gone.

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Method;
use testkit::Stop;
use tokio_postgres::{Client, NoTls};
use tokio_util::task::TaskTracker;

use super::{Place, expect_refusal, expect_whole, follow_to_the_end};

/// How many connections the server has room for.
const ROOM: usize = 14;

/// Takes the connections to the server that there is room for, `least` of them: those of who was cut off become free a
/// moment later.
async fn take_all_connections(place: &Place, least: usize) -> Vec<Client> {
    let url = place.postgres.url(place.postgres.address(), "postgres");
    let mut clients = Vec::new();
    loop {
        match tokio_postgres::connect(&url, NoTls).await {
            Ok((client, connection)) => {
                clients.push(client);
                // It ends with its client.
                TaskTracker::new().spawn(connection);
            }
            Err(_) if clients.len() < least => tokio::task::yield_now().await,
            Err(_) => return clients,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_no_room_for_more_connections_those_that_there_are_serve_all() {
    let room = ROOM.to_string();
    let settings = [("max_connections", room.as_str()), ("superuser_reserved_connections", "0")];
    let Some(place) = Place::start("out of connections", &settings).await else { return };
    place.add_at_last("before").await;
    let others = take_all_connections(&place, 1).await;
    for round in 0..3 {
        let reads = join_all((0..40).map(async |_| place.actor().get("W/cards").await.expect(200)));
        let words: Vec<String> = (0..10).map(|word| format!("{round} {word}")).collect();
        let writes = join_all(words.iter().map(async |word| assert_eq!(place.add(word).await.status, 201)));
        tokio::join!(reads, writes);
    }
    place.expect_log(0).await;
    // Those that it has are cut, and others are faster.
    place.wire.refuse(true);
    place.wire.cut();
    let more = take_all_connections(&place, ROOM - others.len()).await;
    place.wire.refuse(false);
    expect_refusal(&place.add("during").await);
    expect_refusal(&place.actor().get("W/cards").await);
    place.wait_until_ready_is(503).await;
    drop((others, more));
    place.add_at_last("during").await;
    place.wait_until_ready_is(200).await;
    let log = place.expect_log(1).await;
    assert!(log.contains("too many clients"), "{log}");
    assert_eq!(place.words().await.len(), 32);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_can_only_be_read_is_read_and_written_when_it_can_be() {
    let Some(place) = Place::start("read-only database", &[]).await else { return };
    place.add_at_last("before").await;
    let run = place.start_run(400).await;
    let following = follow_to_the_end(place.actor().follow(&run, 0).await);
    let outages = async {
        place.postgres.set("default_transaction_read_only", "on");
        place.wire.cut();
        expect_read_only(&place, "read-only").await;
        // No connection is made anew for it.
        place.postgres.set("default_transaction_read_only", "off");
        place.add_at_last("read-only").await;
        place.expect_log(1).await;
        // The server is taken for one that follows another, as after a failover that went wrong.
        place.postgres.stop(Stop::Fast);
        std::fs::write(place.postgres.folder().join("data/standby.signal"), "").unwrap();
        place.postgres.start_again();
        place.wait_until_ready_is(200).await;
        expect_read_only(&place, "standby").await;
        place.postgres.query("postgres", "SELECT pg_promote()");
        place.add_at_last("standby").await;
        place.expect_log(2).await;
    };
    let (seen, ()) = tokio::join!(following, outages);
    expect_whole(&place, &run, &seen, 400).await;
    assert_eq!(place.words().await.len(), 3);
}

async fn expect_read_only(place: &Place, word: &str) {
    expect_refusal(&place.add(word).await);
    place.actor().get("W/cards").await.expect(200);
    place.wait_until_ready_is(200).await;
    // What was found a moment before is kept for five seconds.
    let looked = async {
        loop {
            let health = place.actor().get("/api/v1/health").await.expect(200);
            let database = health["checks"]["database:responseTime"][0].clone();
            if database["status"] == "warn" {
                return database;
            }
        }
    };
    let database = tokio::time::timeout(Duration::from_secs(20), looked).await.unwrap();
    assert!(database["output"].as_str().unwrap().contains("can only be read now"), "{database:#}");
}

/// Letters and digits that cannot be made shorter.
fn noise(seed: u64, length: usize) -> String {
    let mut random = seed * 2 + 1;
    let mut next = || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        char::from_digit(u32::try_from(random % 36).unwrap(), 36).unwrap()
    };
    (0..length).map(|_| next()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_full_disk_all_can_be_read_and_a_run_waits_for_room() {
    let Some(place) = Place::start("full disk of the database", &[]).await else { return };
    let run = place.start_run_of((0..900).map(|number| noise(number, 3_000))).await;
    let following = follow_to_the_end(place.actor().follow(&run, 0).await);
    let outage = async {
        // More than a segment of its log, less than the answers will take.
        place.postgres.limit_files(Some((1 << 20) + 4096));
        let mut number = 1_000;
        let full = loop {
            number += 1;
            let answer = place.add(&noise(number, 30_000)).await;
            if answer.status != 201 {
                break answer;
            }
        };
        expect_refusal(&full);
        assert_eq!(full.body["code"], "storage_full", "{:#}", full.body);
        place.actor().get("W/cards").await.expect(200);
        place.wait_until_ready_is(200).await;
        place.postgres.limit_files(None);
        place.add_at_last("with room again").await;
        place.expect_log(1).await;
    };
    let (seen, ()) = tokio::join!(following, outage);
    expect_whole(&place, &run, &seen, 900).await;
    assert_eq!(place.words().await["with room again"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_was_changed_and_a_database_that_is_gone_are_refusals() {
    let Some(place) = Place::start("nobody is let in", &[]).await else { return };
    place.add_at_last("before").await;
    let rules = place.postgres.folder().join("data/pg_hba.conf");
    let open = std::fs::read_to_string(&rules).unwrap();
    std::fs::write(&rules, "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n").unwrap();
    place.postgres.reload();
    place.wire.cut();
    expect_refusal(&place.add("password").await);
    place.wait_until_ready_is(503).await;
    std::fs::write(&rules, open).unwrap();
    place.postgres.reload();
    place.add_at_last("password").await;
    let log = place.expect_log(1).await;
    assert!(log.contains("password"), "{log}");

    place.wire.refuse(true);
    place.wire.cut();
    rename(&place, "cards", "away").await;
    place.wire.refuse(false);
    expect_refusal(&place.add("gone").await);
    place.wait_until_ready_is(503).await;
    // One of that name that has nothing of ours in it is not taken for it.
    place.postgres.query("postgres", "CREATE DATABASE cards");
    expect_refusal(&place.add("gone").await);
    place.wait_until_ready_is(503).await;
    place.wire.refuse(true);
    place.wire.cut();
    rename(&place, "cards", "other").await;
    rename(&place, "away", "cards").await;
    place.wire.refuse(false);
    place.add_at_last("gone").await;
    place.expect_log(2).await;
    assert_eq!(place.words().await.len(), 3);
    let tables = place.postgres.query("other", "SELECT tablename FROM pg_tables WHERE schemaname = 'public'");
    assert!(tables.is_empty(), "{tables:?}");
    place.actor().send(Method::GET, "W/cards", &[], None).await.expect(200);
}

/// Renames a database when the last connection to it has ended.
async fn rename(place: &Place, from: &str, to: &str) {
    let connections = format!("SELECT pid FROM pg_stat_activity WHERE datname = '{from}'");
    while !place.postgres.query("postgres", &connections).is_empty() {
        tokio::task::yield_now().await;
    }
    place.postgres.query("postgres", &format!("ALTER DATABASE {from} RENAME TO {to}"));
}
