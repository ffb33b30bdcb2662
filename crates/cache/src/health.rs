//! How it stands with Redis, for who shows it.

use domain::clock::Millis;
use resilience::Snapshot;

/// Where counts are made and answers are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// In Redis, and in memory.
    Redis,
    /// In memory alone: each instance counts for itself.
    Memory,
}

/// How it stands with Redis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// Where it is, without user and password.
    pub url: String,
    /// Whether it is used now.
    pub mode: Mode,
    /// Since when.
    pub since: Millis,
    /// How its breaker stands.
    pub breaker: Snapshot,
    /// What went wrong last, in a sentence. None: nothing has.
    pub last_error: Option<String>,
}
