//! What instances of the server count and keep together: in the memory of each, and in Redis beside it.
//!
//! Memory is always there; Redis, where it is configured, may come and go, and nobody waits for it for longer than one
//! answer may take. What holds while it is away stands in `docs/decisions/0025-redis-beside-memory.md`.
//!
//! To count another kind of work, give it a policy. To keep another kind of answer, give it a [`Kind`] and find the
//! number that every change of it raises.

mod flights;
mod health;
mod kept;
mod kinds;
mod link;
mod memory;
mod redis;
mod settings;
mod window;

use std::sync::Arc;

use bytes::Bytes;
use domain::clock::Clock;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use health::{Health, Mode};
pub use kinds::{Counts, Key, Kind};
pub use settings::{CacheSettings, RedisUrl, WrongCache};

use flights::Flights;
use kept::Kept;
use kinds::Counters;
use memory::Memory;
use redis::Redis;

/// For how long at least work is counted, in seconds: a whole number of minutes, and the running one.
pub const WINDOW_SECONDS: u32 = 15 * 60;
/// Larger answers are kept in memory alone: Redis does one thing at a time, and others wait for their counts.
const MOST_SHARED: usize = 1024 * 1024;

/// What is counted: one kind of work of one who does it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WindowKey {
    /// The kind of work, a short word.
    pub policy: &'static str,
    /// Who does it.
    pub subject: u128,
}

/// Work that is to be counted, if there is room for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charge {
    /// Where.
    pub key: WindowKey,
    /// How much may be counted there in any 15 minutes.
    pub limit: u32,
    /// How much it is. 0 only looks, and is never refused.
    pub cost: u32,
}

/// How a window stands after a charge, or after its refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// How much is counted in it now.
    pub counted: u32,
    /// In how many milliseconds the oldest of that is counted no more. 0: nothing is counted.
    pub reset_ms: i64,
    /// In how many milliseconds there is room for the charge, or for 1 where it only looked. 0: there was.
    pub wait_ms: i64,
    /// The minute in which the charge was counted in memory.
    here: Option<i64>,
    /// The minute in which the charge was counted in Redis.
    shared: Option<i64>,
}

/// What came of charges that were made together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Whether they were counted: all of them, or none.
    pub admitted: bool,
    /// How each window stands, in the order of the charges.
    pub standings: Vec<Standing>,
}

impl Outcome {
    /// How long to wait, in milliseconds, until none of the windows refuses the same again.
    pub fn wait_ms(&self) -> i64 {
        self.standings.iter().map(|standing| standing.wait_ms).max().unwrap_or(0)
    }

    /// The windows as Redis and memory know them: the larger count is that of who has forgotten less.
    fn joined(admitted: bool, shared: Self, here: Self) -> Self {
        let join = |(shared, here): (Standing, Standing)| Standing {
            wait_ms: shared.wait_ms.max(here.wait_ms),
            here: here.here,
            shared: shared.shared,
            ..if here.counted > shared.counted { here } else { shared }
        };
        Self { admitted, standings: shared.standings.into_iter().zip(here.standings).map(join).collect() }
    }
}

/// Counts, and answers that are kept.
pub struct Cache {
    windows: Memory,
    kept: Kept,
    flights: Flights,
    counters: Counters,
    redis: Option<Arc<Redis>>,
    clock: Arc<dyn Clock>,
}

impl Cache {
    /// A cache in memory alone, with the time of `clock`.
    pub fn in_memory(clock: Arc<dyn Clock>) -> Self {
        Self::made_of(&CacheSettings::default(), clock, None)
    }

    /// A cache in memory and, where the settings name one, in Redis. Redis need not answer: what it is needed for is
    /// then done in memory until it does. It is looked after on `tasks`, until `stop` is cancelled.
    ///
    /// The time of counts is that of the Redis server, the same for all instances.
    pub async fn open(
        settings: &CacheSettings,
        clock: Arc<dyn Clock>,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Self {
        Self::begin(settings, clock, false, tasks, stop).await
    }

    /// The same where `clock` is that of Redis as well, for a test that sets it.
    pub async fn open_on_one_clock(
        settings: &CacheSettings,
        clock: Arc<dyn Clock>,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Self {
        Self::begin(settings, clock, true, tasks, stop).await
    }

    async fn begin(
        settings: &CacheSettings,
        clock: Arc<dyn Clock>,
        one_clock: bool,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Self {
        let redis = match &settings.redis_url {
            None => None,
            Some(url) => {
                let redis = Arc::new(Redis::new(url, settings, &clock, one_clock));
                redis.begin().await;
                tasks.spawn(Arc::clone(&redis).look_after(stop.clone()));
                Some(redis)
            }
        };
        Self::made_of(settings, clock, redis)
    }

    fn made_of(settings: &CacheSettings, clock: Arc<dyn Clock>, redis: Option<Arc<Redis>>) -> Self {
        Self {
            windows: Memory::default(),
            kept: Kept::new(settings.memory_bytes()),
            flights: Flights::default(),
            counters: Counters::default(),
            redis,
            clock,
        }
    }

    /// Counts all of the charges, or none where a window has no room for its own. Each key may stand there once.
    ///
    /// Memory counts all that this process admits, also what Redis counts, and must have room too. So whatever becomes
    /// of Redis, one process never admits more than the limit.
    pub async fn charge(&self, charges: &[Charge]) -> Outcome {
        let Some(redis) = &self.redis else { return self.windows.charge(charges, self.clock.now()) };
        let looked = self.windows.look(charges, redis.now());
        let Some((at, shared)) = redis.charge(charges, looked.admitted).await else {
            return self.windows.charge(charges, redis.now());
        };
        if !(looked.admitted && shared.admitted) {
            return Outcome::joined(false, shared, looked);
        }
        let here = self.windows.charge(charges, at);
        if !here.admitted {
            // Only after Redis has forgotten something, and if another request was quicker since the look.
            redis.give_back(charges, &shared).await;
        }
        Outcome::joined(here.admitted, shared, here)
    }

    /// Takes back what was counted: `outcome` is what came of the same `charges`. What Redis has counted stays counted
    /// there if it does not answer.
    pub async fn give_back(&self, charges: &[Charge], outcome: &Outcome) {
        if !outcome.admitted {
            return;
        }
        // Memory first: it must never have more than Redis, or it would refuse what there is room for.
        self.windows.give_back(charges, outcome);
        if let Some(redis) = &self.redis {
            redis.give_back(charges, outcome).await;
        }
    }

    /// The answer that is kept under the key, here or in Redis, or else the one that `make` brings, which is kept then.
    ///
    /// Of several who ask for the same at once one makes it, and the others wait for it. Should that one fail or go
    /// away, the next of them makes it.
    pub async fn get_or_make<E>(
        &self,
        key: &Key,
        make: impl Future<Output = Result<Bytes, E>>,
    ) -> Result<Bytes, E> {
        let counts = self.counters.of(key.kind);
        if let Some(answer) = self.kept.get(key) {
            counts.hit();
            return Ok(answer);
        }
        let flight = self.flights.join(key);
        let mut waited = true;
        let work = async {
            waited = false;
            if let Some(answer) = self.kept.get(key) {
                // The flight before this one has brought it.
                counts.hit();
                return Ok(answer);
            }
            if let Some(answer) = self.shared(key).await {
                counts.shared_hit();
                self.kept.put(key, answer.clone());
                return Ok(answer);
            }
            counts.miss();
            let answer = make.await?;
            self.kept.put(key, answer.clone());
            if let Some(redis) = &self.redis
                && answer.len() <= MOST_SHARED
            {
                redis.put(key, &answer).await;
            }
            Ok(answer)
        };
        let answer = flight.bring(work).await?;
        if waited {
            counts.hit();
        }
        Ok(answer)
    }

    async fn shared(&self, key: &Key) -> Option<Bytes> {
        self.redis.as_ref()?.get(key).await
    }

    /// How often answers of a kind were found.
    pub fn counts(&self, kind: Kind) -> Counts {
        self.counters.of(kind).read()
    }

    /// How it stands with Redis. None: it is not configured, and not missed.
    pub fn health(&self) -> Option<Health> {
        self.redis.as_ref().map(|redis| redis.health())
    }

    /// Opens the breaker of Redis until it is closed here, or closes it. False: it stands so already, or there is no
    /// Redis.
    pub fn turn_redis(&self, open: bool, reason: &str) -> bool {
        self.redis.as_ref().is_some_and(|redis| redis.turn(open, reason))
    }
}
