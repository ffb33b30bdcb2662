//! Answers that are being made: whoever asks for one of them waits for who makes it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::OnceCell;

use crate::Key;

/// Answers that are being made.
#[derive(Default)]
pub(crate) struct Flights(Mutex<HashMap<Key, Arc<OnceCell<Bytes>>>>);

/// A share in an answer that is being made. The last of them that is dropped removes it.
pub(crate) struct Flight<'a> {
    flights: &'a Flights,
    key: Key,
    answer: Arc<OnceCell<Bytes>>,
}

impl Flights {
    pub(crate) fn join(&self, key: &Key) -> Flight<'_> {
        let answer = Arc::clone(self.lock().entry(*key).or_default());
        Flight { flights: self, key: *key, answer }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Arc<OnceCell<Bytes>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Flight<'_> {
    /// The answer, by `work` or by that of another one. Where that one fails, panics or is dropped, the next that waits
    /// begins its own.
    pub(crate) async fn bring<E>(&self, work: impl Future<Output = Result<Bytes, E>>) -> Result<Bytes, E> {
        self.answer.get_or_try_init(|| work).await.cloned()
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        let mut flights = self.flights.lock();
        // The map has one, this is the other; nobody can join meanwhile.
        if Arc::strong_count(&self.answer) == 2 {
            flights.remove(&self.key);
        }
    }
}
