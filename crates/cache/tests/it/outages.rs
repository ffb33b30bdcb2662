//! Redis is killed, stands still, says nonsense or refuses: nobody waits, and it is used again when it is back.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

use cache::{CacheSettings, Mode};
use resilience::{BreakerSettings, BreakerState};
use testkit::RedisServer;
use tokio::time::timeout;

use crate::{Beside, Hand, charge, settings};

/// Far more than a test takes, and far less than a thousand answers that are waited for.
const SOON: Duration = Duration::from_secs(20);

/// How much a cache says is counted for a subject after one more.
async fn count(cache: &Beside, subject: u128) -> u32 {
    let outcome = cache.charge(&[charge("general", subject, 1_000_000)]).await;
    assert!(outcome.admitted);
    outcome.standings[0].counted
}

/// Counts of a thousand more.
async fn count_on(cache: &Beside, subject: u128) {
    let before = count(cache, subject).await;
    let counting = async {
        for more in 1..1_000 {
            assert_eq!(count(cache, subject).await, before + more);
        }
    };
    timeout(SOON, counting).await.unwrap();
}

fn last_error(cache: &Beside) -> String {
    cache.health().unwrap().last_error.unwrap_or_default()
}

#[tokio::test]
async fn one_that_is_killed_is_done_without_until_it_is_back() {
    let Some(mut server) = RedisServer::start("one_that_is_killed_is_done_without_until_it_is_back") else {
        return;
    };
    let cache = Beside::open(&server.url()).await;
    assert_eq!((cache.mode(), last_error(&cache).as_str()), (Mode::Redis, ""));
    for time in 1..=3 {
        count_on(&cache, 1).await;
        server.kill();
        count_on(&cache, 1).await;
        cache.until(Mode::Memory).await;
        assert!(!last_error(&cache).is_empty());
        server.start_again();
        cache.until(Mode::Redis).await;
        assert_eq!(cache.health().unwrap().breaker.state, BreakerState::Closed);
        count_on(&cache, 100 + time).await;
        assert_eq!(server.command(&["--raw", "EXISTS", &key(100 + time)]), "1", "it counts there");
    }
}

fn key(subject: u128) -> String {
    format!("promptcards:window:general:{subject:032x}")
}

#[tokio::test]
async fn one_that_stands_still_is_waited_for_three_times() {
    let Some(server) = RedisServer::start("one_that_stands_still_is_waited_for_three_times") else { return };
    let breaker = BreakerSettings { open_ms: 3_600_000, ..BreakerSettings::default() };
    let settings = CacheSettings { breaker, ..settings(&server.url()) };
    let cache = Beside::open_with(settings, Hand::at(0)).await;
    server.freeze();
    for failures in 1..=2 {
        count(&cache, 1).await;
        assert_eq!((cache.health().unwrap().breaker.failures, cache.mode()), (failures, Mode::Redis));
    }
    count(&cache, 1).await;
    let health = cache.health().unwrap();
    assert_eq!((health.breaker.state, health.mode), (BreakerState::Open, Mode::Memory));
    assert_eq!(health.last_error.as_deref(), Some("It did not answer within 50 ms."));
    count_on(&cache, 1).await;
    assert_eq!(cache.health().unwrap().breaker.opened, 1, "nobody has asked again");
}

#[tokio::test]
async fn one_that_stood_still_is_used_again_when_it_goes_on() {
    let Some(server) = RedisServer::start("one_that_stood_still_is_used_again_when_it_goes_on") else {
        return;
    };
    let cache = Beside::open(&server.url()).await;
    for time in 1..=3 {
        server.freeze();
        cache.until_away().await;
        count_on(&cache, 1).await;
        server.thaw();
        cache.until(Mode::Redis).await;
        count_on(&cache, 100 + time).await;
    }
}

#[tokio::test]
async fn a_connection_that_is_lost_is_made_again_at_once() {
    let Some(server) = RedisServer::start("a_connection_that_is_lost_is_made_again_at_once") else { return };
    let breaker = BreakerSettings { open_ms: 3_600_000, ..BreakerSettings::default() };
    let cache = Beside::open_with(CacheSettings { breaker, ..settings(&server.url()) }, Hand::at(0)).await;
    for _ in 0..20 {
        server.command(&["CLIENT", "KILL", "TYPE", "normal"]);
        // Many wait on it when it breaks: together they are one failure.
        let many: Vec<_> = (0..50).map(|_| count(&cache, 1)).collect();
        futures_util::future::join_all(many).await;
        cache.until(Mode::Redis).await;
    }
    assert_eq!(cache.health().unwrap().breaker.opened, 0);
}

#[tokio::test]
async fn one_that_is_not_there_at_the_start_is_used_when_it_comes() {
    let test = "one_that_is_not_there_at_the_start_is_used_when_it_comes";
    let Some(mut server) = RedisServer::stopped(test) else { return };
    let cache = Beside::open(&server.url()).await;
    let health = cache.health().unwrap();
    assert_eq!((health.mode, health.breaker.state), (Mode::Memory, BreakerState::Open));
    assert!(health.last_error.is_some() && health.url.starts_with("redis://"), "{health:?}");
    count_on(&cache, 1).await;
    server.start_again();
    cache.until(Mode::Redis).await;
    count_on(&cache, 2).await;
    assert_eq!(server.command(&["EXISTS", &key(2)]), "1");
}

/// A server that says this to whatever it hears, for as long as the test runs.
fn server_that_says(words: &'static [u8]) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            std::thread::spawn(move || {
                let mut heard = [0; 4_096];
                while let Ok(1..) = client.read(&mut heard)
                    && client.write_all(words).is_ok()
                {}
            });
        }
    });
    format!("redis://{address}")
}

#[tokio::test]
async fn one_that_says_nonsense_or_nothing_is_as_good_as_none() {
    const NONSENSE: [&[u8]; 6] = [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"+OK\r\n",
        b":1\r\n",
        b"*2\r\n:1\r\n:5\r\n",
        b"\xff\x00\x1b[31m\r\n\r\n",
        b"",
    ];
    for words in NONSENSE {
        let cache = Beside::open(&server_that_says(words)).await;
        count_on(&cache, 1).await;
        assert_eq!(cache.mode(), Mode::Memory, "{words:?}");
        let said = last_error(&cache);
        assert!(said.ends_with('.') && !said.contains('\x1b') && said.len() < 300, "{said:?}");
    }
}

#[tokio::test]
async fn one_that_refuses_to_write_is_as_good_as_none() {
    let Some(server) = RedisServer::start("one_that_refuses_to_write_is_as_good_as_none") else { return };
    let cache = Beside::open(&server.url()).await;
    for (refuse, allow, said) in [
        (["CONFIG", "SET", "maxmemory", "1"], ["CONFIG", "SET", "maxmemory", "0"], "OOM"),
        (["--raw", "REPLICAOF", "127.0.0.1", "1"], ["--raw", "REPLICAOF", "NO", "ONE"], "ReadOnly"),
    ] {
        server.command(&refuse);
        cache.until_away().await;
        count_on(&cache, 1).await;
        // It answers PING, and is not taken for one that is back.
        let opened = cache.health().unwrap().breaker.opened;
        while cache.health().unwrap().breaker.opened < opened + 2 {
            tokio::task::yield_now().await;
            assert_eq!(cache.mode(), Mode::Memory);
        }
        assert!(last_error(&cache).contains(said), "{}", last_error(&cache));
        server.command(&allow);
        cache.until(Mode::Redis).await;
    }
}

#[tokio::test]
async fn one_that_wants_another_password_is_as_good_as_none() {
    let Some(server) = RedisServer::start("one_that_wants_another_password_is_as_good_as_none") else {
        return;
    };
    server.command(&["CONFIG", "SET", "requirepass", "right"]);
    for url in [server.url(), format!("{}?pass=wrong", server.url())] {
        let cache = Beside::open(&url).await;
        assert_eq!(cache.mode(), Mode::Memory);
        count_on(&cache, 1).await;
        assert!(!last_error(&cache).contains("wrong"), "{}", last_error(&cache));
    }
    let cache = Beside::open(&format!("{}?pass=right", server.url())).await;
    assert_eq!(cache.mode(), Mode::Redis);
}

#[tokio::test]
async fn without_redis_there_is_nothing_to_say() {
    assert_eq!(crate::memory(&Hand::at(0)).health(), None);
}
