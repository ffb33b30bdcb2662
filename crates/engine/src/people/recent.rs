//! What was looked up a moment ago.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// A bounded map whose entries are good for a while.
///
/// What was asked before a [`forget`](Self::forget) is not kept after it, so that nobody is answered from before a
/// change of this process.
pub(super) struct Recent<K, V> {
    kept: Mutex<Kept<K, V>>,
    most: usize,
    good_for: Duration,
}

struct Kept<K, V> {
    entries: HashMap<K, (V, Instant)>,
    /// How often all was forgotten.
    forgotten: u64,
}

/// What there was none of, and when that was.
#[derive(Debug, Clone, Copy)]
pub(super) struct Miss {
    forgotten: u64,
    at: Instant,
}

impl<K: Eq + Hash, V: Clone> Recent<K, V> {
    pub(super) fn new(most: usize, good_for: Duration) -> Self {
        let kept = Mutex::new(Kept { entries: HashMap::new(), forgotten: 0 });
        Self { kept, most, good_for }
    }

    /// The entry, if it is still good; else what [`put`](Self::put) wants to know.
    pub(super) fn get(&self, key: &K) -> Result<V, Miss> {
        let now = Instant::now();
        let kept = self.lock();
        match kept.entries.get(key) {
            Some((value, since)) if now.duration_since(*since) < self.good_for => Ok(value.clone()),
            _ => Err(Miss { forgotten: kept.forgotten, at: now }),
        }
    }

    /// Keeps what was looked up after a miss, from then on.
    pub(super) fn put(&self, miss: Miss, key: K, value: V) {
        let mut kept = self.lock();
        if kept.forgotten != miss.forgotten {
            return;
        }
        if kept.entries.len() >= self.most && !kept.entries.contains_key(&key) {
            let good_for = self.good_for;
            kept.entries.retain(|_, (_, since)| miss.at.duration_since(*since) < good_for);
            // Full of what is good: somebody asks for more than can be kept, and loses the advantage.
            if kept.entries.len() >= self.most {
                kept.entries.clear();
            }
        }
        kept.entries.insert(key, (value, miss.at));
    }

    /// Forgets everything: something changed.
    pub(super) fn forget(&self) {
        let mut kept = self.lock();
        kept.entries.clear();
        kept.forgotten += 1;
    }

    fn lock(&self) -> MutexGuard<'_, Kept<K, V>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn put(recent: &Recent<u32, u32>, key: u32) {
        let miss = recent.get(&key).unwrap_err();
        recent.put(miss, key, key * 10);
    }

    #[tokio::test(start_paused = true)]
    async fn an_entry_is_good_for_its_time_and_not_longer() {
        let recent = Recent::new(10, SECOND);
        put(&recent, 1);
        tokio::time::advance(Duration::from_millis(999)).await;
        assert_eq!(recent.get(&1).ok(), Some(10));
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(recent.get(&1).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn the_time_begins_with_the_question() {
        let recent = Recent::new(10, SECOND);
        let miss = recent.get(&1).unwrap_err();
        tokio::time::advance(SECOND).await;
        recent.put(miss, 1, 10);
        assert!(recent.get(&1).is_err());
    }

    #[test]
    fn what_was_asked_before_a_change_is_not_kept_after_it() {
        let recent = Recent::new(10, SECOND);
        let miss = recent.get(&1).unwrap_err();
        recent.forget();
        recent.put(miss, 1, 10);
        assert!(recent.get(&1).is_err());
    }

    #[test]
    fn it_never_holds_more_than_it_may() {
        let recent = Recent::new(3, SECOND);
        for key in 0..100 {
            put(&recent, key);
            assert!(recent.lock().entries.len() <= 3);
            assert_eq!(recent.get(&key).ok(), Some(key * 10));
        }
    }
}
