//! Windows, in memory and in a real Redis.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod limits;
mod model;
mod windows;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use cache::{Charge, WindowKey};
use domain::clock::{Clock, Millis};

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
