//! A sliding window: sixteen buckets of one minute, fifteen whole ones and the running one.
//!
//! Any fifteen minutes lie within sixteen buckets, so that a limit holds in each of them exactly. A token bucket
//! or GCRA would admit up to twice the limit in one.

use domain::clock::Millis;

use crate::{Charge, Standing};

/// Minutes that are counted.
const MINUTES: i64 = 16;
/// One for each.
const BUCKETS: usize = 16;
const MINUTE_MS: i64 = 60_000;

/// What was counted in the last minutes. `charge.lua` does the same.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    /// The last minute in which something was counted.
    newest: i64,
    /// The counts, each at the remainder of its minute.
    counts: [u32; BUCKETS],
}

impl Window {
    /// A window in which nothing is counted.
    pub(crate) fn empty(now: Millis) -> Self {
        Self { newest: now.div_euclid(MINUTE_MS), counts: [0; BUCKETS] }
    }

    /// The window as it is now.
    ///
    /// A clock that was put back by less than a window goes on where it was. One that was put back further begins
    /// anew, or nobody would be admitted until it has caught up.
    pub(crate) fn at(mut self, now: Millis) -> Self {
        let minute = now.div_euclid(MINUTE_MS);
        let passed = minute.saturating_sub(self.newest);
        if passed >= MINUTES || passed <= -MINUTES {
            return Self::empty(now);
        }
        for passed in self.newest + 1..=minute {
            self.counts[slot(passed)] = 0;
        }
        self.newest = self.newest.max(minute);
        self
    }

    pub(crate) fn count(&mut self, cost: u32) {
        let newest = &mut self.counts[slot(self.newest)];
        *newest = newest.saturating_add(cost);
    }

    /// Takes back what was counted in a minute, if that is still counted.
    pub(crate) fn give_back(&mut self, minute: i64, cost: u32) {
        if (0..MINUTES).contains(&self.newest.saturating_sub(minute)) {
            let count = &mut self.counts[slot(minute)];
            *count = count.saturating_sub(cost);
        }
    }

    /// How it stands for a charge that is not counted yet.
    pub(crate) fn standing(&self, charge: &Charge, now: Millis) -> Standing {
        let counted: i64 = self.counts.iter().copied().map(i64::from).sum();
        let excess = counted + i64::from(charge.cost.max(1)) - i64::from(charge.limit);
        Standing {
            counted: u32::try_from(counted).unwrap_or(u32::MAX),
            reset_ms: self.reset_ms(now),
            wait_ms: if excess > 0 { self.leaves(excess, now) } else { 0 },
            here: Some(self.newest),
            shared: None,
        }
    }

    /// In how many milliseconds the oldest count leaves. 0: there is none.
    pub(crate) fn reset_ms(&self, now: Millis) -> i64 {
        if self.counts == [0; BUCKETS] { 0 } else { self.leaves(1, now) }
    }

    /// In how many milliseconds so much has left.
    fn leaves(&self, wanted: i64, now: Millis) -> i64 {
        let mut left = 0;
        let enough = (self.newest - MINUTES + 1..self.newest).find(|minute| {
            left += i64::from(self.counts[slot(*minute)]);
            left >= wanted
        });
        (enough.unwrap_or(self.newest) + MINUTES) * MINUTE_MS - now
    }
}

fn slot(minute: i64) -> usize {
    usize::try_from(minute.rem_euclid(MINUTES)).unwrap_or(0)
}
