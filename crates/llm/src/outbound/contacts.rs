//! Whom this server has called, counted in memory until somebody takes the counts away to keep them.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::clock::Millis;

/// How often something was called, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contact {
    /// How often, whether it answered or not.
    pub calls: i64,
    /// When for the first time.
    pub first_at: Millis,
    /// When for the last time.
    pub last_at: Millis,
}

/// Counts by what was called.
#[derive(Debug, Default)]
pub(super) struct Contacts(Mutex<BTreeMap<String, Contact>>);

impl Contacts {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Contact>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It was called now. This stands in the way of every model call: a lock, and no text but for the first.
    pub(super) fn count(&self, called: &str, at: Millis) {
        let mut all = self.lock();
        if let Some(known) = all.get_mut(called) {
            known.calls += 1;
            known.last_at = known.last_at.max(at);
        } else {
            all.insert(called.to_owned(), Contact { calls: 1, first_at: at, last_at: at });
        }
    }

    /// Takes all counts away.
    pub(super) fn take(&self) -> BTreeMap<String, Contact> {
        std::mem::take(&mut *self.lock())
    }

    /// Puts counts back that could not be kept.
    pub(super) fn put_back(&self, counts: BTreeMap<String, Contact>) {
        let mut all = self.lock();
        for (called, count) in counts {
            all.entry(called)
                .and_modify(|known| {
                    known.calls += count.calls;
                    known.first_at = known.first_at.min(count.first_at);
                    known.last_at = known.last_at.max(count.last_at);
                })
                .or_insert(count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_that_could_not_be_kept_are_not_lost() {
        let contacts = Contacts::default();
        contacts.count("http://a:1", 10);
        contacts.count("http://a:1", 12);
        let taken = contacts.take();
        assert_eq!(taken["http://a:1"], Contact { calls: 2, first_at: 10, last_at: 12 });
        contacts.count("http://a:1", 15);
        contacts.put_back(taken);
        assert_eq!(contacts.take()["http://a:1"], Contact { calls: 3, first_at: 10, last_at: 15 });
        assert!(contacts.take().is_empty());
    }
}
