//! How fast bytes come.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// Over how long.
const WINDOW: Duration = Duration::from_secs(5);
/// How far apart the looks are that are kept.
const APART: Duration = Duration::from_millis(500);
/// From less than this no pace is told.
const LEAST: Duration = Duration::from_secs(1);

/// What came in the last seconds.
#[derive(Default)]
pub(super) struct Pace {
    total: Option<i64>,
    looks: VecDeque<(Instant, i64)>,
}

impl Pace {
    /// Bytes a second, now that so many of a total are there.
    pub(super) fn at(&mut self, total: Option<i64>, completed: i64) -> Option<i64> {
        let now = Instant::now();
        if self.total != total {
            // A part that was just named may be there already; it did not come in this moment.
            self.total = total;
            self.looks.clear();
        }
        if self.looks.back().is_none_or(|(at, _)| now - *at >= APART) {
            self.looks.push_back((now, completed));
        }
        while self.looks.len() > 1 && self.looks.front().is_some_and(|(at, _)| now - *at > WINDOW) {
            self.looks.pop_front();
        }
        let (since, before) = *self.looks.front()?;
        let took = now - since;
        if took < LEAST {
            return None;
        }
        let bytes = i128::from(completed.saturating_sub(before).max(0));
        let ms = i128::try_from(took.as_millis()).ok()?;
        i64::try_from(bytes * 1_000 / ms).ok()
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_pace_is_that_of_the_last_seconds() {
        let mut pace = Pace::default();
        let total = Some(1_000_000);
        assert_eq!(pace.at(total, 0), None);
        let mut completed = 0;
        for _ in 0..20 {
            advance(Duration::from_millis(500)).await;
            completed += 100;
            pace.at(total, completed);
        }
        assert_eq!(pace.at(total, completed), Some(200));
        for _ in 0..20 {
            advance(Duration::from_millis(500)).await;
            pace.at(total, completed);
        }
        assert_eq!(pace.at(total, completed), Some(0));
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_there_before_did_not_come_now() {
        let mut pace = Pace::default();
        pace.at(None, 0);
        advance(Duration::from_secs(2)).await;
        // A pull that goes on: the part that is named now has most of its bytes.
        assert_eq!(pace.at(Some(1_000), 900), None);
        advance(Duration::from_secs(2)).await;
        assert_eq!(pace.at(Some(1_000), 910), Some(5));
    }
}
