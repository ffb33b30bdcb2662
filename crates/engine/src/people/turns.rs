//! Whose turn it is: after several failures with a name, the next try with it waits.
//!
//! It waits and is not refused, so that nobody can lock another out: who knows the password signs in within a minute,
//! however often somebody else fails meanwhile.

use std::time::Duration;

use domain::clock::Millis;

use super::People;
use crate::error::{Error, Result};

/// So many failures in a row cost nothing.
const FREE: i64 = 10;
/// Longest wait.
const LONGEST: Millis = 60 * 1000;
/// After so many milliseconds without another one, failures are forgotten.
pub(super) const REMEMBERED: Millis = 60 * 60 * 1000;
/// How many may wait at once. Each holds one of the requests that the server answers at once, and most of those must be
/// left to who is signed in.
pub(super) const WAITING: usize = 128;

/// For how many milliseconds the next try waits: 1 s after the tenth failure, twice that after each further one.
fn wait(failures: i64, last_at: Millis, now: Millis) -> Millis {
    if failures < FREE || now.saturating_sub(last_at) > REMEMBERED {
        return 0;
    }
    let doublings = u32::try_from(failures - FREE).unwrap_or(u32::MAX).min(10);
    (1000 << doublings).min(LONGEST)
}

impl People {
    /// Waits as long as the failures with this name say. [`Error::Overloaded`] when too many wait already.
    pub(super) async fn wait_for_turn(&self, name_hash: &str) -> Result<()> {
        let wanted = name_hash.to_owned();
        let failed = self.store.read(move |conn| store::sign_in_failures::get(conn, &wanted)).await?;
        let Some((failures, last_at)) = failed else { return Ok(()) };
        let wait = wait(failures, last_at, self.clock.now());
        if wait > 0 {
            let _place = self.waiting.try_acquire().map_err(|_| Error::Overloaded)?;
            tokio::time::sleep(Duration::from_millis(wait.unsigned_abs())).await;
        }
        Ok(())
    }

    /// Counts a failure with this name.
    pub(super) async fn count_failure(&self, name_hash: String) -> Result<()> {
        let at = self.clock.now();
        let count =
            self.store.write(move |conn| store::sign_in_failures::add(conn, &name_hash, at - REMEMBERED, at));
        Ok(count.await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_begins_after_ten_failures_and_ends_after_a_minute() {
        let waits: Vec<Millis> =
            [0, 9, 10, 11, 12, 15, 16, 17, 1_000, i64::MAX].map(|failures| wait(failures, 0, 5)).to_vec();
        assert_eq!(waits, [0, 0, 1_000, 2_000, 4_000, 32_000, 60_000, 60_000, 60_000, 60_000]);
        assert_eq!(wait(100, 0, REMEMBERED + 1), 0);
        assert_eq!(wait(100, 5_000, 0), 60_000, "a clock that was put back");
    }
}
