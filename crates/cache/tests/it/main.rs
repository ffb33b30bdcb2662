//! Counts and kept answers, in memory and beside a real Redis that comes and goes.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod answers;
mod fresh;
mod limits;
mod model;
mod outages;
mod returns;
mod windows;

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use cache::{Cache, CacheSettings, Charge, Mode, WindowKey};
use domain::clock::{Clock, Millis};
use resilience::BreakerSettings;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

/// A clock that stands until it is set.
#[derive(Clone, Default)]
struct Hand(Arc<AtomicI64>);

impl Hand {
    fn at(now: Millis) -> Self {
        let hand = Self::default();
        hand.set(now);
        hand
    }

    fn set(&self, now: Millis) {
        self.0.store(now, Ordering::Relaxed);
    }

    fn forward(&self, by: Millis) {
        self.0.fetch_add(by, Ordering::Relaxed);
    }
}

impl Clock for Hand {
    fn now(&self) -> Millis {
        self.0.load(Ordering::Relaxed)
    }
}

fn charge(policy: &'static str, subject: u128, limit: u32) -> Charge {
    Charge { key: WindowKey { policy, subject }, limit, cost: 1 }
}

fn memory(clock: &Hand) -> Cache {
    Cache::in_memory(Arc::new(clock.clone()))
}

/// A cache beside a Redis, or beside nothing. It is looked after until this is dropped.
#[derive(Clone)]
struct Beside {
    cache: Arc<Cache>,
    _open: Arc<DropGuard>,
}

impl Beside {
    /// One that tries Redis again soon, and whose time is that of Redis.
    async fn open(url: &str) -> Self {
        Self::open_with(settings(url), Hand::at(0)).await
    }

    /// One that waits for Redis, and whose time is that of `clock`, here and there.
    async fn open_at(url: &str, clock: &Hand) -> Self {
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let settings = CacheSettings { answer_ms: 10_000, ..settings(url) };
        let cache = Cache::open_on_one_clock(&settings, Arc::new(clock.clone()), &tasks, &stop).await;
        Self { cache: Arc::new(cache), _open: Arc::new(stop.drop_guard()) }
    }

    /// One without a Redis.
    fn nothing() -> Self {
        let open = CancellationToken::new().drop_guard();
        Self { cache: Arc::new(memory(&Hand::at(0))), _open: Arc::new(open) }
    }

    async fn open_with(settings: CacheSettings, clock: Hand) -> Self {
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let cache = Cache::open(&settings, Arc::new(clock), &tasks, &stop).await;
        Self { cache: Arc::new(cache), _open: Arc::new(stop.drop_guard()) }
    }

    fn mode(&self) -> Mode {
        self.cache.health().unwrap().mode
    }

    /// Waits until Redis is used, or memory alone.
    async fn until(&self, mode: Mode) {
        while self.mode() != mode {
            tokio::task::yield_now().await;
        }
    }

    /// Asks until memory alone is used.
    async fn until_away(&self) {
        while self.mode() != Mode::Memory {
            self.cache.charge(&[charge("asked", 0, u32::MAX)]).await;
        }
    }
}

impl Deref for Beside {
    type Target = Cache;

    fn deref(&self) -> &Cache {
        &self.cache
    }
}

fn settings(url: &str) -> CacheSettings {
    CacheSettings {
        redis_url: Some(url.parse().unwrap()),
        breaker: BreakerSettings { open_ms: 100, ..BreakerSettings::default() },
        ..CacheSettings::default()
    }
}
