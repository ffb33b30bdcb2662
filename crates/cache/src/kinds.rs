//! The kinds of answers that are kept, what each is kept under, and how often they are found.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sha2::{Digest, Sha256};

/// A kind of answer. All instances share what they keep, where they have a Redis.
///
/// Whoever changes how the bytes of a kind are read gives it another name: instances of two versions may meet in one
/// Redis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Which rows of a run that has ended a filter and a search leave.
    RunRows,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 1] = [Self::RunRows];

    /// Its name in Redis and in figures.
    pub fn name(self) -> &'static str {
        match self {
            Self::RunRows => "run_rows",
        }
    }

    /// For how long an answer is kept at most. It is right for ever: this only frees what nobody asks for any more.
    pub(crate) fn lifetime(self) -> Duration {
        match self {
            Self::RunRows => Duration::from_hours(1),
        }
    }
}

/// What an answer is kept under: a hash, so that nobody can read in Redis what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    pub(crate) kind: Kind,
    pub(crate) hash: [u8; 32],
}

impl Key {
    /// The key of an answer about a thing.
    ///
    /// `epoch` is a number of the thing that the transaction of each change raises. It is read before the answer is
    /// made, from the same database: then an answer under it is as young as the number or younger, and who reads after
    /// a change asks under another one. That is all that keeps old answers away; no answer is ever taken back, and so
    /// it does not matter which caches heard of a change. `part` says what of the thing.
    pub fn new(kind: Kind, thing: u128, epoch: i64, part: &[u8]) -> Self {
        let mut hash = Sha256::new();
        hash.update(thing.to_be_bytes());
        hash.update(epoch.to_be_bytes());
        hash.update(part);
        Self { kind, hash: hash.finalize().into() }
    }

    pub(crate) fn name(&self) -> String {
        format!("promptcards:{}:{}", self.kind.name(), hex::encode(self.hash))
    }
}

/// How often answers of a kind were found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// In this process, or brought by another request that asked for the same at that time.
    pub hits: u64,
    /// In Redis.
    pub shared_hits: u64,
    /// Nowhere: they were made.
    pub misses: u64,
}

/// Counts of each kind.
#[derive(Debug, Default)]
pub(crate) struct Counters([Counter; Kind::ALL.len()]);

#[derive(Debug, Default)]
pub(crate) struct Counter {
    hits: AtomicU64,
    shared_hits: AtomicU64,
    misses: AtomicU64,
}

impl Counters {
    pub(crate) fn of(&self, kind: Kind) -> &Counter {
        &self.0[kind as usize]
    }
}

impl Counter {
    pub(crate) fn hit(&self) {
        self.hits.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn shared_hit(&self) {
        self.shared_hits.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn miss(&self) {
        self.misses.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn read(&self) -> Counts {
        Counts {
            hits: self.hits.load(Ordering::Relaxed),
            shared_hits: self.shared_hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
        }
    }
}
