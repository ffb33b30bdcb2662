//! Windows in the memory of this process.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::clock::Millis;
use hashlink::LruCache;

use crate::window::Window;
use crate::{Charge, Outcome, WindowKey};

/// Windows that are kept; those that were used longest ago go first. About 15 MB.
const WINDOWS: usize = 100_000;
/// Parts with a lock each.
const SHARDS: usize = 16;

type Shard = LruCache<WindowKey, Window>;

/// Windows in the memory of this process.
pub(crate) struct Memory {
    shards: Box<[Mutex<Shard>]>,
    /// Keyed by chance: nobody can choose subjects that fall into one shard.
    hasher: RandomState,
}

impl Default for Memory {
    fn default() -> Self {
        let shards = (0..SHARDS).map(|_| Mutex::new(LruCache::new(WINDOWS / SHARDS))).collect();
        Self { shards, hasher: RandomState::new() }
    }
}

impl Memory {
    /// What would come of the charges. Nothing is counted.
    pub(crate) fn look(&self, charges: &[Charge], now: Millis) -> Outcome {
        self.lock(charges).look(charges, now)
    }

    /// See [`Cache::charge`](crate::Cache::charge).
    pub(crate) fn charge(&self, charges: &[Charge], now: Millis) -> Outcome {
        let mut shards = self.lock(charges);
        let mut outcome = shards.look(charges, now);
        if !outcome.admitted {
            return outcome;
        }
        for (charge, standing) in
            charges.iter().zip(&mut outcome.standings).filter(|(charge, _)| charge.cost > 0)
        {
            let shard = shards.of(&charge.key);
            let mut window = at(shard, &charge.key, now);
            window.count(charge.cost);
            standing.counted = standing.counted.saturating_add(charge.cost);
            standing.reset_ms = window.reset_ms(now);
            shard.insert(charge.key, window);
        }
        outcome
    }

    /// See [`Cache::give_back`](crate::Cache::give_back).
    pub(crate) fn give_back(&self, charges: &[Charge], outcome: &Outcome) {
        let mut shards = self.lock(charges);
        for (charge, standing) in charges.iter().zip(&outcome.standings) {
            if let Some(minute) = standing.here
                && let Some(window) = shards.of(&charge.key).get_mut(&charge.key)
            {
                window.give_back(minute, charge.cost);
            }
        }
    }

    /// Locks the shards of all charges, in one order for everybody.
    fn lock(&self, charges: &[Charge]) -> Locked<'_> {
        let mut places: Vec<usize> = charges.iter().map(|charge| self.place(&charge.key)).collect();
        places.sort_unstable();
        places.dedup();
        let lock = |place: &usize| self.shards[*place].lock().unwrap_or_else(PoisonError::into_inner);
        let guards = places.iter().map(lock).collect();
        Locked { memory: self, places, guards }
    }

    /// The number of the shard of a window.
    fn place(&self, key: &WindowKey) -> usize {
        usize::try_from(self.hasher.hash_one(key)).unwrap_or(0) % SHARDS
    }
}

/// The shards of some charges.
struct Locked<'a> {
    memory: &'a Memory,
    /// Sorted.
    places: Vec<usize>,
    guards: Vec<MutexGuard<'a, Shard>>,
}

impl Locked<'_> {
    fn of(&mut self, key: &WindowKey) -> &mut Shard {
        let index = self.places.binary_search(&self.memory.place(key)).unwrap_or_else(|index| index);
        &mut self.guards[index]
    }

    fn look(&mut self, charges: &[Charge], now: Millis) -> Outcome {
        let mut outcome = Outcome { admitted: true, standings: Vec::with_capacity(charges.len()) };
        for charge in charges {
            let standing = at(self.of(&charge.key), &charge.key, now).standing(charge, now);
            outcome.admitted &= standing.wait_ms == 0 || charge.cost == 0;
            outcome.standings.push(standing);
        }
        outcome
    }
}

/// A window as it is now.
fn at(shard: &mut Shard, key: &WindowKey, now: Millis) -> Window {
    shard.get(key).map_or_else(|| Window::empty(now), |window| window.at(now))
}
