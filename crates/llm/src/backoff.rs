//! How long to wait before a call is tried again.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

use crate::error::CallError;

const SHORTEST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(8);
/// A server that asks for more is asked again anyway.
const LONGEST_RETRY_AFTER: Duration = Duration::from_mins(5);

/// Draws waits with jitter, so that calls that failed together do not come back together.
#[derive(Debug)]
pub(crate) struct Backoff(Mutex<SmallRng>);

impl Backoff {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Mutex::new(SmallRng::seed_from_u64(seed)))
    }

    /// The wait after the `failures`-th failure: between 0.25 s and 1, 2, 4, at most 8 s ("full jitter",
    /// Brooker 2015, above a floor), and on top of it what the server asks for.
    pub(crate) fn wait(&self, failures: u32, error: &CallError) -> Duration {
        let ceiling =
            Duration::from_secs(1).saturating_mul(1 << failures.saturating_sub(1).min(3)).min(LONGEST);
        let jitter = {
            let mut rng = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            rng.random_range(SHORTEST..=ceiling)
        };
        error.retry_after.unwrap_or_default().min(LONGEST_RETRY_AFTER) + jitter
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::CallErrorKind;

    fn cut() -> CallError {
        CallError::new(CallErrorKind::Cut, "")
    }

    #[test]
    fn waits_lie_between_a_quarter_second_and_a_growing_ceiling() {
        let backoff = Backoff::new(7);
        for (failures, ceiling) in [(1, 1), (2, 2), (3, 4), (4, 8), (5, 8), (40, 8)] {
            let ceiling = Duration::from_secs(ceiling);
            let waits: Vec<_> = (0..2_000).map(|_| backoff.wait(failures, &cut())).collect();
            assert!(waits.iter().all(|wait| (SHORTEST..=ceiling).contains(wait)), "{failures}");
            // They are spread over the whole range.
            assert!(waits.iter().any(|wait| *wait < SHORTEST + ceiling / 10), "{failures}");
            assert!(waits.iter().any(|wait| *wait > ceiling * 9 / 10), "{failures}");
        }
    }

    #[test]
    fn a_seed_repeats_its_waits() {
        let draw = |seed| {
            let backoff = Backoff::new(seed);
            (1..5).map(|failures| backoff.wait(failures, &cut())).collect::<Vec<_>>()
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }

    #[test]
    fn the_server_may_ask_for_five_minutes_at_most() {
        let backoff = Backoff::new(7);
        let wait = |seconds| {
            backoff.wait(1, &CallError { retry_after: Some(Duration::from_secs(seconds)), ..cut() })
        };
        assert!((Duration::from_secs(20)..Duration::from_secs(22)).contains(&wait(20)));
        assert!((Duration::from_mins(5)..Duration::from_secs(302)).contains(&wait(86_400)));
        assert!((Duration::from_mins(5)..Duration::from_secs(302)).contains(&wait(u64::MAX)));
    }
}
