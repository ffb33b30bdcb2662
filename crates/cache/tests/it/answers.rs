//! Answers are made once, found by all, and never in the way of each other.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use cache::{Cache, Counts, Key, Kind, Mode};
use testkit::RedisServer;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::{Beside, Hand, memory};

fn key(thing: u128) -> Key {
    Key::new(Kind::RunRows, thing, 1, b"what of it")
}

async fn get(cache: &Cache, thing: u128, answer: &'static [u8]) -> Bytes {
    let make = async { Ok::<_, Infallible>(Bytes::from_static(answer)) };
    cache.get_or_make(&key(thing), make).await.unwrap()
}

fn counts(cache: &Cache) -> (u64, u64, u64) {
    let Counts { hits, shared_hits, misses } = cache.counts(Kind::RunRows);
    (hits, shared_hits, misses)
}

/// Lets every task that can go on do so.
async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn of_several_at_once_one_makes_it() {
    let (cache, begun, go_on) =
        (Arc::new(memory(&Hand::at(0))), Arc::new(AtomicU32::new(0)), Arc::new(Notify::new()));
    let mut all = JoinSet::new();
    for _ in 0..10 {
        let (cache, begun, go_on) = (Arc::clone(&cache), Arc::clone(&begun), Arc::clone(&go_on));
        all.spawn(async move {
            let make = async {
                begun.fetch_add(1, Ordering::Relaxed);
                go_on.notified().await;
                Ok::<_, Infallible>(Bytes::from_static(b"made"))
            };
            cache.get_or_make(&key(1), make).await.unwrap()
        });
    }
    settle().await;
    go_on.notify_one();
    assert!(all.join_all().await.iter().all(|answer| &answer[..] == b"made"));
    assert_eq!((begun.load(Ordering::Relaxed), counts(&cache)), (1, (9, 0, 1)));
    assert_eq!(get(&cache, 1, b"made again").await, "made");
}

#[tokio::test]
async fn who_fails_panics_or_goes_away_leaves_the_next_to_make_it() {
    let cache = Arc::new(memory(&Hand::at(0)));
    for how in ["fails", "panics", "goes away"] {
        let go_on = Arc::new(Notify::new());
        let first = {
            let (cache, go_on) = (Arc::clone(&cache), Arc::clone(&go_on));
            let mut tasks = JoinSet::new();
            tasks.spawn(async move {
                let make = async {
                    go_on.notified().await;
                    assert!(how != "panics", "as it is to");
                    Err(how)
                };
                cache.get_or_make(&Key::new(Kind::RunRows, 1, 1, how.as_bytes()), make).await
            });
            tasks
        };
        settle().await;
        let mut others = JoinSet::new();
        for _ in 0..5 {
            let cache = Arc::clone(&cache);
            others.spawn(async move {
                let make = async { Ok::<_, &str>(Bytes::from_static(b"made")) };
                cache.get_or_make(&Key::new(Kind::RunRows, 1, 1, how.as_bytes()), make).await
            });
        }
        settle().await;
        if how == "goes away" {
            drop(first);
        } else {
            go_on.notify_one();
            let ended = { first }.join_next().await.unwrap();
            assert!(ended.is_err() == (how == "panics") && !matches!(ended, Ok(Ok(_))), "{how}");
        }
        assert!(others.join_all().await.iter().all(|answer| answer.as_deref() == Ok(&b"made"[..])), "{how}");
    }
}

#[tokio::test]
async fn an_epoch_and_a_part_have_answers_of_their_own() {
    let cache = memory(&Hand::at(0));
    let keys = [(1, 1, "a"), (1, 2, "a"), (2, 1, "a"), (1, 1, "b")];
    for (thing, epoch, part) in keys {
        let make = async { Ok::<_, Infallible>(Bytes::from(format!("{thing} {epoch} {part}"))) };
        let key = Key::new(Kind::RunRows, thing, epoch, part.as_bytes());
        assert_eq!(cache.get_or_make(&key, make).await.unwrap(), format!("{thing} {epoch} {part}"));
    }
    assert_eq!(counts(&cache), (0, 0, 4));
}

#[tokio::test]
async fn what_one_instance_made_the_other_finds() {
    let Some(mut server) = RedisServer::start("what_one_instance_made_the_other_finds") else { return };
    let (one, other) = (Beside::open(&server.url()).await, Beside::open(&server.url()).await);
    assert_eq!(get(&one, 1, b"made").await, "made");
    assert_eq!(get(&other, 1, b"made there").await, "made");
    assert_eq!(get(&other, 1, b"made there").await, "made");
    assert_eq!((counts(&one), counts(&other)), ((0, 0, 1), (1, 1, 0)));
    let keys = server.command(&["--raw", "KEYS", "promptcards:run_rows:*"]);
    assert!(keys.len() == "promptcards:run_rows:".len() + 64, "{keys}");
    let seconds: u32 = server.command(&["--raw", "TTL", &keys]).parse().unwrap();
    assert!((3_000..=3_600).contains(&seconds), "{seconds}");

    server.kill();
    one.until_away().await;
    assert_eq!(get(&one, 1, b"made again").await, "made", "it is in memory");
    assert_eq!(get(&one, 2, b"made alone").await, "made alone");
    server.start_again();
    one.until(Mode::Redis).await;
    assert_eq!(get(&one, 2, b"made again").await, "made alone");
}

#[tokio::test]
async fn a_large_answer_is_not_sent_to_redis() {
    let Some(server) = RedisServer::start("a_large_answer_is_not_sent_to_redis") else { return };
    let cache = Beside::open(&server.url()).await;
    for (thing, length) in [(1, 1024 * 1024), (2, 1024 * 1024 + 1)] {
        let make = async { Ok::<_, Infallible>(Bytes::from(vec![b'x'; length])) };
        assert_eq!(cache.get_or_make(&key(thing), make).await.unwrap().len(), length);
        assert_eq!(get(&cache, thing, b"").await.len(), length, "both are in memory");
    }
    assert_eq!(server.command(&["--raw", "KEYS", "promptcards:run_rows:*"]).lines().count(), 1);
}
