//! A limit is held exactly: in any fifteen minutes, by many at once, and by several policies together.

use cache::Charge;
use proptest::collection::vec;
use proptest::prelude::*;
use testkit::RedisServer;

use crate::{Beside, Hand, charge, memory};

const MINUTE: i64 = 60_000;
const WINDOW: i64 = 15 * MINUTE;

/// A cache in memory and, where it is installed, one beside a Redis, which asks its own clock.
async fn caches(server: Option<&RedisServer>) -> Vec<Beside> {
    let mut caches = vec![Beside::nothing()];
    if let Some(server) = server {
        caches.push(Beside::open(&server.url()).await);
    }
    caches
}

#[test]
fn no_fifteen_minutes_have_more_than_the_limit_and_the_wait_is_exact() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    proptest!(|(gaps in vec(0..4 * MINUTE, 1..200), limit in 1..8_u32)| {
        let clock = Hand::at(1_790_000_012_345);
        let memory = memory(&clock);
        let mut admitted: Vec<i64> = Vec::new();
        for gap in gaps {
            clock.forward(gap);
            let now = domain::clock::Clock::now(&clock);
            let outcome = runtime.block_on(memory.charge(&[charge("general", 1, limit)]));
            if outcome.admitted {
                admitted.push(now);
            } else {
                prop_assert_eq!(outcome.standings[0].counted, limit);
                clock.set(now + outcome.wait_ms() - 1);
                prop_assert!(!runtime.block_on(memory.charge(&[charge("general", 1, limit)])).admitted);
                clock.set(now + outcome.wait_ms());
                let look = Charge { cost: 0, ..charge("general", 1, limit) };
                prop_assert_eq!(runtime.block_on(memory.charge(&[look])).wait_ms(), 0);
            }
        }
        for (index, first) in admitted.iter().enumerate() {
            let within = admitted[index..].iter().take_while(|at| **at < first + WINDOW).count();
            prop_assert!(within <= limit as usize, "{} in 15 minutes", within);
        }
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn eight_at_once_are_admitted_exactly_as_often_as_the_limit_says() {
    let server = RedisServer::start("eight_at_once_are_admitted_exactly_as_often_as_the_limit_says");
    for cache in caches(server.as_ref()).await {
        for (policy, limit) in [("general", 100), ("ai", 20), ("auth", 5)] {
            let all = (0..8).map(|_| {
                let cache = cache.clone();
                async move {
                    let mut admitted = 0;
                    for _ in 0..100 {
                        let outcome = cache.charge(&[charge(policy, 7, limit)]).await;
                        admitted += u32::from(outcome.admitted);
                    }
                    admitted
                }
            });
            let tasks: tokio::task::JoinSet<u32> = all.collect();
            assert_eq!(tasks.join_all().await.into_iter().sum::<u32>(), limit, "{policy}");
        }
    }
}

#[tokio::test]
async fn where_one_policy_refuses_the_others_are_not_charged() {
    let server = RedisServer::start("where_one_policy_refuses_the_others_are_not_charged");
    for cache in caches(server.as_ref()).await {
        let both = [charge("general", 1, 10), charge("ai", 1, 2)];
        for _ in 0..2 {
            assert!(cache.charge(&both).await.admitted);
        }
        for _ in 0..5 {
            let refused = cache.charge(&both).await;
            let waits: Vec<bool> = refused.standings.iter().map(|one| one.wait_ms > 0).collect();
            assert_eq!((refused.admitted, waits), (false, vec![false, true]));
            assert_eq!(refused.standings[0].counted, 2);
        }
    }
}

#[tokio::test]
async fn what_is_given_back_makes_room_again() {
    let server = RedisServer::start("what_is_given_back_makes_room_again");
    for cache in caches(server.as_ref()).await {
        let charges = [charge("auth", 1, 1), charge("auth", 2, 5)];
        for _ in 0..20 {
            let outcome = cache.charge(&charges).await;
            assert!(outcome.admitted);
            cache.give_back(&charges, &outcome).await;
        }
        assert!(cache.charge(&charges).await.admitted);
        let refused = cache.charge(&charges).await;
        // What was not counted cannot be given back.
        cache.give_back(&charges, &refused).await;
        assert!(!cache.charge(&charges).await.admitted);
    }
}

#[tokio::test]
async fn a_flood_of_subjects_takes_no_more_room_and_keeps_those_at_work() {
    let memory = memory(&Hand::at(0));
    for subject in 1..400_000 {
        memory.charge(&[charge("general", subject, 100)]).await;
        if subject % 1_000 == 0 {
            memory.charge(&[charge("general", 0, 1_000)]).await;
        }
    }
    for (subject, counted) in [(0, 399), (1, 0), (399_999, 1)] {
        let look = [Charge { cost: 0, ..charge("general", subject, 1_000) }];
        assert_eq!(memory.charge(&look).await.standings[0].counted, counted);
    }
}
