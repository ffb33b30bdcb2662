//! Wall time that is tokio's paused time, over the lives of several servers.

use std::sync::{Mutex, PoisonError};

use domain::clock::{Clock, Millis};
use tokio::time::Instant;

const BEGIN: Millis = 1_760_000_000_000;

/// Stands still between two lives.
#[derive(Debug, Default)]
pub(super) struct SimulatedClock(Mutex<Time>);

#[derive(Debug, Default)]
struct Time {
    /// Milliseconds of all lives before this one.
    before: Millis,
    /// When this life began.
    began: Option<Instant>,
}

impl Time {
    fn now(&self) -> Millis {
        let elapsed = self.began.map_or(0, |began| began.elapsed().as_millis());
        self.before + Millis::try_from(elapsed).unwrap()
    }
}

impl SimulatedClock {
    /// A life begins. Called in its runtime.
    pub(super) fn go_on(&self) {
        self.0.lock().unwrap().began = Some(Instant::now());
    }

    /// It ends. Called in its runtime.
    pub(super) fn stop(&self) {
        let mut time = self.0.lock().unwrap();
        *time = Time { before: time.now(), began: None };
    }

    /// Milliseconds since the beginning.
    pub(super) fn elapsed(&self) -> Millis {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).now()
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> Millis {
        BEGIN + self.elapsed()
    }
}
