//! Redis is killed, stands still and comes back under a server at work: nobody gets an error, limits hold, and who has
//! signed out stays out.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use fake_ollama::{Fault, Options};
use promptcards::Config;
use resilience::BreakerSettings;
use serde_json::{Value, json};
use testkit::{ADMIN, Actor, RedisServer, ServerProcess, TestServer};
use tokio::task::JoinSet;
use tokio::time::Instant;

/// How many ask at once.
const LOAD: usize = 8;
/// How often Redis is killed, and how often it stands still.
const OUTAGES: usize = 4;
/// How many requests each state of Redis lasts.
const REQUESTS: u64 = 300;
/// The 99th percentile of all requests that is certainly wrong. What it is stands in `docs/reference/performance.md`.
const SLOW: Duration = Duration::from_secs(1);

fn beside(redis: &RedisServer, config: &mut Config) {
    config.cache.redis_url = Some(redis.url().parse().unwrap());
    config.cache.breaker = BreakerSettings { open_ms: 200, ..BreakerSettings::default() };
}

async fn start(redis: &RedisServer) -> TestServer {
    TestServer::start_with(Options::default(), |config| beside(redis, config)).await
}

/// Waits until requests are counted in Redis, which had forgotten everything.
async fn until_used(redis: &RedisServer) {
    while redis.command(&["--raw", "KEYS", "promptcards:window:general:*"]).is_empty() {
        tokio::task::yield_now().await;
    }
}

/// Waits until so many servers have tried Redis, which had forgotten everything, and found it as it should be.
async fn until_found(redis: &RedisServer, servers: u32) {
    let key = format!("promptcards:window:probe:{:032x}", 0);
    while redis
        .command(&["--raw", "HVALS", &key])
        .lines()
        .map(|line| line.parse::<u32>().unwrap())
        .sum::<u32>()
        < servers
    {
        tokio::task::yield_now().await;
    }
}

/// How many requests of who asks are counted.
async fn used(actor: &Actor) -> u64 {
    let limits = actor.get("/api/v1/limits").await.expect(200);
    let general =
        limits["policies"].as_array().unwrap().iter().find(|one| one["policy"] == "general").unwrap();
    general["limit"].as_u64().unwrap() - general["remaining"].as_u64().unwrap()
}

/// Asks again and again until it is over. Returns how long each answer took.
async fn load(actor: Actor, done: Arc<AtomicU64>, over: Arc<AtomicBool>) -> Vec<Duration> {
    let mut times = Vec::new();
    while !over.load(Ordering::Relaxed) {
        let begun = Instant::now();
        actor.get("/api/v1/account").await.expect(200);
        times.push(begun.elapsed());
        done.fetch_add(1, Ordering::Relaxed);
    }
    times
}

/// Waits until so many requests more were answered.
async fn some(done: &AtomicU64) {
    let from = done.load(Ordering::Relaxed);
    while done.load(Ordering::Relaxed) < from + REQUESTS {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn under_load_redis_comes_and_goes_and_nobody_notices() {
    let test = "under_load_redis_comes_and_goes_and_nobody_notices";
    let Some(mut redis) = RedisServer::start(test) else { return };
    let server = start(&redis).await;
    let before = used(&server.actor).await;
    let (done, over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let actor = || load(server.actor.clone(), Arc::clone(&done), Arc::clone(&over));
    let load: JoinSet<Vec<Duration>> = (0..LOAD).map(|_| actor()).collect();
    for _ in 0..OUTAGES {
        redis.kill();
        some(&done).await;
        redis.start_again();
        until_used(&redis).await;
        redis.freeze();
        some(&done).await;
        redis.thaw();
        redis.command(&["FLUSHALL"]);
        until_used(&redis).await;
        some(&done).await;
    }
    over.store(true, Ordering::Relaxed);
    let mut times = load.join_all().await.concat();
    times.sort_unstable();
    assert!(times[times.len() * 99 / 100] < SLOW, "{:?}", times.last());
    // Wherever it was counted: it is counted once, and not forgotten. The questions about it count too.
    assert_eq!(used(&server.actor).await - before, done.load(Ordering::Relaxed) + 1);
    server.stop().await;
}

/// Tries a wrong password ten times, and says how often it was looked at.
async fn fail(actor: &Actor, name: &str) -> usize {
    let mut looked_at = 0;
    for _ in 0..10 {
        let body = json!({ "name": name, "password": "not the password of anybody", "tokens": true });
        let answer = actor.anonymous().post("/api/v1/session", &body).await;
        assert!([401, 429].contains(&answer.status.as_u16()), "{}", answer.status);
        looked_at += usize::from(answer.status == 401);
    }
    looked_at
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_is_worth_no_more_tries_of_a_password() {
    let test = "an_outage_is_worth_no_more_tries_of_a_password";
    let Some(mut redis) = RedisServer::start(test) else { return };
    let limited = async |redis: &RedisServer| {
        TestServer::start_with(Options::default(), |config| {
            beside(redis, config);
            config.limits.auth = Some(5);
        })
        .await
    };
    let (one, other) = (limited(&redis).await, limited(&redis).await);
    assert_eq!(fail(&one.actor, "anna").await + fail(&other.actor, "anna").await, 5, "together");
    let (mut here, mut there) = (0, 0);
    for _ in 0..3 {
        redis.kill();
        here += fail(&one.actor, "bert").await;
        there += fail(&other.actor, "bert").await;
        assert_eq!(fail(&one.actor, "anna").await, 0, "who admitted it remembers it");
        redis.start_again();
        until_found(&redis, 2).await;
        here += fail(&one.actor, "bert").await;
        there += fail(&other.actor, "bert").await;
    }
    assert_eq!((here, there), (5, 5), "at most the limit for each instance, however many outages");
    one.stop().await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_signed_out_stays_out_whatever_becomes_of_redis() {
    let test = "who_has_signed_out_stays_out_whatever_becomes_of_redis";
    let Some(mut redis) = RedisServer::start(test) else { return };
    let server = start(&redis).await;
    let sign_out = async || {
        let session = server.actor.sign_in(ADMIN).await;
        session.get("/api/v1/account").await.expect(200);
        assert_eq!(session.delete("/api/v1/session").await.status, 204);
        session
    };
    let mut out = Vec::new();
    for round in 0..3 {
        out.push(sign_out().await);
        if round % 2 == 0 {
            redis.kill();
        } else {
            redis.freeze();
        }
        out.push(sign_out().await);
        for session in &out {
            session.get("/api/v1/account").await.expect(401);
        }
        if round % 2 == 0 {
            redis.start_again();
        } else {
            redis.thaw();
        }
        redis.command(&["FLUSHALL"]);
        for session in &out {
            session.get("/api/v1/account").await.expect(401);
        }
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rows_of_a_run_are_those_after_the_last_change_of_it() {
    let test = "the_rows_of_a_run_are_those_after_the_last_change_of_it";
    let Some(mut redis) = RedisServer::start(test) else { return };
    let server = TestServer::start_with(Options::default(), |config| {
        beside(&redis, config);
        config.providers.0[0].attempts = 1;
        // What is shown is what becomes of errors, not how a server that makes them is left alone.
        config.providers.0[0].breaker.failures = 1_000;
    })
    .await;
    let content = json!({
        "kind": "text",
        "messages": [{ "role": "user", "content": [{ "type": "text", "text": "Repeat after me: {{ word }}" }] }],
        "variables": [{ "name": "word", "type": "text", "required": true }],
    });
    let card = server.actor.card("echo", &content).await;
    let case = |number| json!({ "variables": { "word": format!("word {number}") } });
    server.actor.cases(&card, &(0..9).map(case).collect::<Vec<Value>>()).await;
    server.ollama.fail(Fault::CutInStream { after_tokens: 1 });
    let run = server.actor.start("echo", &["ollama/llama3.2:latest"], 1).await;
    let run = server.actor.finish(&run).await;
    let path = format!("W/runs/{}", run["id"].as_str().unwrap());
    let matched = async |filter: &str| {
        let rows = server.actor.get(&format!("{path}/rows?{filter}")).await.expect(200);
        let again = server.actor.get(&format!("{path}/rows?{filter}")).await.expect(200);
        assert_eq!(rows, again);
        rows["matched"].as_u64().unwrap()
    };
    assert_eq!((matched("show=error").await, matched("search=WORD+3").await), (9, 1));
    assert!(!redis.command(&["--raw", "KEYS", "promptcards:run_rows:*"]).is_empty(), "they are kept there");
    redis.freeze();
    server.ollama.recover();
    server.ollama.fail_next(2, Fault::CutInStream { after_tokens: 1 });
    server.actor.post(&format!("{path}/retry-errors"), &json!({})).await.expect(200);
    server.actor.finish(&run).await;
    assert_eq!((matched("show=error").await, matched("show=unjudged").await), (2, 7));
    redis.thaw();
    assert_eq!(matched("show=error").await, 2);
    redis.kill();
    server.actor.delete(&path).await;
    server.actor.get(&format!("{path}/rows?show=error")).await.expect_problem(404, "not_found");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_starts_without_its_redis_and_says_so_once() {
    let test = "a_server_starts_without_its_redis_and_says_so_once";
    let Some(mut redis) = RedisServer::stopped(test) else { return };
    let folder = tempfile::tempdir().unwrap();
    let url = redis.url();
    let environment = [
        ("PROMPTCARDS_CACHE__REDIS_URL", url.as_str()),
        ("PROMPTCARDS_CACHE__BREAKER", "{ failures = 3, open_ms = 100 }"),
    ];
    let server =
        ServerProcess::start(env!("CARGO_BIN_EXE_promptcards").as_ref(), folder.path(), &environment);
    for _ in 0..50 {
        server.actor.get("/api/v1/account").await.expect(200);
    }
    assert_eq!(server.log().matches("Redis does not answer").count(), 1, "{}", server.log());
    redis.start_again();
    while !server.log().contains("Redis answers") {
        tokio::task::yield_now().await;
    }
    server.actor.get("/api/v1/account").await.expect(200);
    until_used(&redis).await;
    assert!(server.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_stops_redis_and_lets_it_be_used_again() {
    let Some(redis) = RedisServer::start("an_admin_stops_redis_and_lets_it_be_used_again") else { return };
    let server = start(&redis).await;
    let actor = &server.actor;
    actor.get("/api/v1/account").await.expect(200);
    until_used(&redis).await;
    let breaker = |verb| format!("/api/v1/health/redis/breaker/{verb}");
    let why = json!({ "reason": "It moves." });
    let opened = actor.post(&breaker("open"), &why).await.expect(200);
    assert_eq!((&opened["state"], &opened["by_hand"]), (&json!("open"), &json!(true)));
    // Nothing comes to it any more, not even when its breaker would have made a probe.
    redis.command(&["FLUSHALL"]);
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(400) {
        actor.get("/api/v1/account").await.expect(200);
    }
    assert_eq!(redis.command(&["DBSIZE"]).trim(), "0");
    let health = actor.get("/api/v1/health").await.expect(200);
    let check = &health["checks"]["redis:responseTime"][0];
    assert_eq!((&check["status"], &check["output"]), (&json!("warn"), &json!("It moves.")), "{check:#}");
    assert_eq!(check["remedy"], "Close its breaker when it may be used again.");

    assert_eq!(actor.post(&breaker("close"), &json!({})).await.expect(200)["state"], "closed");
    while redis.command(&["DBSIZE"]).trim() == "0" {
        actor.get("/api/v1/account").await.expect(200);
    }
    let lines = actor.get("/api/v1/audit?limit=20").await.expect(200);
    let items = lines["items"].as_array().unwrap();
    for action in ["breaker.open", "breaker.close"] {
        assert!(
            items.iter().any(|line| line["action"] == action && line["object"] == "dependency:redis"),
            "{items:?}"
        );
    }
    server.stop().await;
}
