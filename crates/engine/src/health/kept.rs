//! What was found a moment ago: of a thousand who ask at once, one looks.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// A finding that is good for a while.
#[derive(Debug)]
pub(super) struct Kept<T> {
    last: Mutex<Option<(Instant, T)>>,
    /// Held by who looks.
    turn: tokio::sync::Mutex<()>,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self { last: Mutex::new(None), turn: tokio::sync::Mutex::default() }
    }
}

impl<T: Clone> Kept<T> {
    /// What was found, if it is good still; else what `look` finds now. `good_for` says how long that is good.
    pub(super) async fn get(&self, look: impl Future<Output = T>, good_for: impl Fn(&T) -> Duration) -> T {
        if let Some(found) = self.known() {
            return found;
        }
        let _turn = self.turn.lock().await;
        if let Some(found) = self.known() {
            return found;
        }
        let found = look.await;
        self.put(Some((Instant::now() + good_for(&found), found.clone())));
        found
    }

    /// It is not good any more.
    pub(super) fn forget(&self) {
        self.put(None);
    }

    fn known(&self) -> Option<T> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().filter(|(until, _)| Instant::now() < *until).map(|(_, found)| found.clone())
    }

    fn put(&self, found: Option<(Instant, T)>) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = found;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use futures_util::future::join_all;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn of_many_who_ask_in_five_seconds_one_looks() {
        let (kept, looks) = (Kept::default(), AtomicU32::new(0));
        let look = || async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            looks.fetch_add(1, Ordering::Relaxed)
        };
        let ask = || kept.get(look(), |_| Duration::from_secs(5));
        assert_eq!(join_all((0..1_000).map(|_| ask())).await, vec![0; 1_000]);
        tokio::time::advance(Duration::from_millis(4_999)).await;
        assert_eq!(ask().await, 0);
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(ask().await, 1);
        kept.forget();
        assert_eq!(ask().await, 2);
    }
}
