//! The time of day, as Ollama writes it.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use tokio::time::Instant;

/// The wall clock is read once; later times are counted from there, so that they never run backwards.
#[derive(Debug)]
pub(crate) struct Clock {
    started: Instant,
    wall: Timestamp,
}

impl Clock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this server stands alone, nothing hands it a clock, and no answer depends on the time"
    )]
    pub(crate) fn start() -> Self {
        let wall = Timestamp::try_from(SystemTime::now()).unwrap_or(Timestamp::UNIX_EPOCH);
        Self { started: Instant::now(), wall }
    }

    /// RFC 3339 with nanoseconds, in UTC.
    pub(crate) fn at(&self, instant: Instant) -> String {
        let since = instant.saturating_duration_since(self.started);
        self.wall.checked_add(since).unwrap_or(Timestamp::MAX).to_string()
    }

    /// Seconds since 1970.
    pub(crate) fn seconds(&self) -> i64 {
        self.wall.as_second().saturating_add_unsigned(self.started.elapsed().as_secs())
    }

    pub(crate) fn now(&self) -> String {
        self.at(Instant::now())
    }

    pub(crate) fn after(&self, wait: Duration) -> String {
        self.at(Instant::now() + wait)
    }
}
