//! What holds of a limit while Redis goes and comes back: `docs/decisions/0025-redis-beside-memory.md` says it.

use cache::Mode;
use testkit::RedisServer;

use crate::{Beside, charge};

const LIMIT: u32 = 5;

/// How often a sign-in may be tried, of ten times.
async fn admitted(cache: &Beside, subject: u128) -> u32 {
    let mut admitted = 0;
    for _ in 0..10 {
        admitted += u32::from(cache.charge(&[charge("auth", subject, LIMIT)]).await.admitted);
    }
    admitted
}

#[tokio::test]
async fn one_instance_never_admits_more_than_the_limit_however_often_redis_goes() {
    let test = "one_instance_never_admits_more_than_the_limit_however_often_redis_goes";
    let Some(mut server) = RedisServer::start(test) else { return };
    let cache = Beside::open(&server.url()).await;
    let mut counts = [0; 4];
    for outage in 0..5 {
        let subject = outage % 4;
        counts[subject] += admitted(&cache, subject as u128).await;
        if outage % 2 == 0 {
            server.kill();
        } else {
            server.freeze();
        }
        cache.until_away().await;
        for (subject, count) in counts.iter_mut().enumerate() {
            *count += admitted(&cache, subject as u128).await;
        }
        if outage % 2 == 0 {
            server.start_again();
        } else {
            server.thaw();
        }
        cache.until(Mode::Redis).await;
        for (subject, count) in counts.iter_mut().enumerate() {
            *count += admitted(&cache, subject as u128).await;
        }
    }
    assert_eq!(counts, [LIMIT; 4]);
}

#[tokio::test]
async fn two_instances_admit_at_most_the_limit_each_and_together_without_an_outage() {
    let test = "two_instances_admit_at_most_the_limit_each_and_together_without_an_outage";
    let Some(mut server) = RedisServer::start(test) else { return };
    let (one, other) = (Beside::open(&server.url()).await, Beside::open(&server.url()).await);
    assert_eq!(admitted(&one, 1).await + admitted(&other, 1).await, LIMIT);
    let (mut here, mut there) = (0, 0);
    for _ in 0..5 {
        server.kill();
        one.until_away().await;
        other.until_away().await;
        here += admitted(&one, 2).await;
        there += admitted(&other, 2).await;
        server.start_again();
        one.until(Mode::Redis).await;
        other.until(Mode::Redis).await;
        here += admitted(&one, 2).await;
        there += admitted(&other, 2).await;
    }
    assert_eq!((here, there), (LIMIT, LIMIT), "five outages are worth no more than one");
    assert_eq!(admitted(&one, 3).await + admitted(&other, 3).await, LIMIT);
}

#[tokio::test]
async fn what_redis_forgot_the_instance_that_admitted_it_remembers() {
    let Some(server) = RedisServer::start("what_redis_forgot_the_instance_remembers") else { return };
    let cache = Beside::open(&server.url()).await;
    assert_eq!(admitted(&cache, 1).await, LIMIT);
    server.command(&["FLUSHALL"]);
    let refused = cache.charge(&[charge("auth", 1, LIMIT)]).await;
    assert!(!refused.admitted && refused.wait_ms() > 14 * 60_000);
    assert_eq!(refused.standings[0].counted, LIMIT);
    // What it refuses takes no room in Redis.
    assert_eq!(server.command(&["EXISTS", &format!("promptcards:window:auth:{:032x}", 1)]), "0");
}

/// The clock of these caches stands at 1970, that of Redis does not.
#[tokio::test]
async fn memory_counts_by_the_clock_of_redis_also_when_it_is_away() {
    let test = "memory_counts_by_the_clock_of_redis_also_when_it_is_away";
    let Some(mut server) = RedisServer::start(test) else { return };
    let cache = Beside::open(&server.url()).await;
    for _ in 0..3 {
        assert!(cache.charge(&[charge("auth", 1, LIMIT)]).await.admitted);
    }
    server.kill();
    cache.until_away().await;
    let outcome = cache.charge(&[charge("auth", 1, LIMIT)]).await;
    assert_eq!(outcome.standings[0].counted, 4);
    assert!((14 * 60_000..=16 * 60_000).contains(&outcome.standings[0].reset_ms), "{outcome:?}");
}

#[tokio::test]
async fn what_cannot_be_given_back_stays_counted_and_is_given_back_in_memory() {
    let test = "what_cannot_be_given_back_stays_counted_and_is_given_back_in_memory";
    let Some(server) = RedisServer::start(test) else { return };
    let cache = Beside::open(&server.url()).await;
    let charges = [charge("auth", 1, LIMIT)];
    let shared = cache.charge(&charges).await;
    server.freeze();
    cache.until_away().await;
    let here = cache.charge(&charges).await;
    assert_eq!(here.standings[0].counted, 2);
    cache.give_back(&charges, &shared).await;
    cache.give_back(&charges, &here).await;
    assert_eq!(admitted(&cache, 1).await, LIMIT);
    server.thaw();
    cache.until(Mode::Redis).await;
    let other = Beside::open(&server.url()).await;
    assert!(admitted(&other, 1).await < LIMIT, "Redis has not heard that it was given back");
}
