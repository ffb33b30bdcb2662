//! What was counted, and what was found to be wrong.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::plan::Kind;

/// How many findings are shown with their words; all are counted.
const SHOWN: usize = 40;

/// What can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wrong {
    /// What was acknowledged, or seen, is not there or is another.
    Loss,
    /// Something is there twice, or was told twice.
    Duplicate,
    /// Something is in a state in which it must not be.
    State,
    /// A request was answered as it must not be.
    Answer,
    /// Something took too long.
    Delay,
}

/// Counters of everybody who takes part.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Writes that were acknowledged.
    pub(crate) acknowledged: Count,
    /// Results that were seen.
    pub(crate) seen: Count,
    /// Runs that came to their end.
    pub(crate) runs: Count,
    /// Attempts of all cells of those runs.
    pub(crate) attempts: Count,
    /// Runs that were cancelled: their calls were made and are not counted with any cell.
    pub(crate) cancelled: Count,
    /// Requests that were refused with 503 while something was away.
    pub(crate) refused: Count,
    /// Times that the server was killed.
    pub(crate) kills: Count,
    /// Copies of the disk that were looked into.
    pub(crate) snapshots: Count,
    /// Calls that met a fault of a model server, and times that such a server was killed or stood still.
    pub(crate) model_faults: Count,
    /// Calls that the model servers got.
    pub(crate) calls: Count,
    rounds: Mutex<BTreeMap<Kind, u64>>,
    wrong: Mutex<BTreeMap<Wrong, usize>>,
    longest: Mutex<BTreeMap<Kind, Duration>>,
}

/// A number that grows.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    pub(crate) fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Tally {
    /// Something is wrong; it is said at once.
    #[expect(clippy::print_stdout, reason = "what is found is what was asked for")]
    pub(crate) fn wrong(&self, wrong: Wrong, what: &str) {
        let mut found = lock(&self.wrong);
        *found.entry(wrong).or_default() += 1;
        if found.values().sum::<usize>() <= SHOWN {
            println!("WRONG {wrong:?}: {what}");
        }
    }

    pub(crate) fn round(&self, kind: Kind) {
        *lock(&self.rounds).entry(kind).or_default() += 1;
    }

    /// A run went on so long after a fault.
    pub(crate) fn went_on(&self, kind: Kind, after: Duration) {
        let mut longest = lock(&self.longest);
        let longest = longest.entry(kind).or_default();
        *longest = after.max(*longest);
    }

    pub(crate) fn rounds(&self) -> BTreeMap<Kind, u64> {
        lock(&self.rounds).clone()
    }

    pub(crate) fn longest(&self) -> BTreeMap<Kind, Duration> {
        lock(&self.longest).clone()
    }

    pub(crate) fn found(&self, wrong: Wrong) -> usize {
        lock(&self.wrong).get(&wrong).copied().unwrap_or_default()
    }

    pub(crate) fn is_clean(&self) -> bool {
        lock(&self.wrong).is_empty()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
