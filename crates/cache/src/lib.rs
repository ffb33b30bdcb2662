//! What instances of the server count together: in the memory of one process, or in Redis for several.
//!
//! The two answer alike: `tests/it/windows.rs` holds both against a plain model. To add a kind of value, write it
//! for [`Memory`] and as one script for [`Redis`], give [`Cache`] a method that chooses, and extend that test.

mod memory;
mod redis;
mod settings;
mod window;

use std::sync::Arc;

use domain::clock::Clock;

pub use memory::Memory;
pub use redis::Redis;
pub use settings::{CacheSettings, RedisUrl};

/// For how long at least work is counted, in seconds: a whole number of minutes, and the running one.
pub const WINDOW_SECONDS: u32 = 15 * 60;

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
    /// The minute in which the charge was counted.
    minute: i64,
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
}

/// Redis did not answer, or not what it should.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Error(#[from] ::redis::RedisError);

/// Where counts are kept.
pub enum Cache {
    /// In this process.
    Memory(Memory),
    /// In Redis, shared by all instances.
    Redis(Redis),
}

impl Cache {
    /// Redis where the settings name one, which must answer now; else memory, with the time of `clock`.
    pub async fn open(settings: &CacheSettings, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        match &settings.redis_url {
            Some(url) => Ok(Self::Redis(Redis::connect(url, None).await?)),
            None => Ok(Self::Memory(Memory::new(clock))),
        }
    }

    /// Counts all of the charges, or none where a window has no room for its own. Each key may stand there once.
    pub async fn charge(&self, charges: &[Charge]) -> Result<Outcome, Error> {
        match self {
            Self::Memory(memory) => Ok(memory.charge(charges)),
            Self::Redis(redis) => redis.charge(charges).await,
        }
    }

    /// Takes back what was counted: `outcome` is what came of the same `charges`.
    pub async fn give_back(&self, charges: &[Charge], outcome: &Outcome) -> Result<(), Error> {
        if !outcome.admitted {
            return Ok(());
        }
        match self {
            Self::Memory(memory) => {
                memory.give_back(charges, outcome);
                Ok(())
            }
            Self::Redis(redis) => redis.give_back(charges, outcome).await,
        }
    }
}
