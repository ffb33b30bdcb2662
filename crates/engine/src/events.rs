//! Live events: what was committed, told to whoever watches, never slower than the slowest of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::ids::RunId;
use tokio::sync::broadcast;

/// How many batches a reader may fall behind before it must read again.
const CAPACITY: usize = 256;

/// One event, ready to be sent.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Its number in the run.
    pub number: i64,
    /// Its name in the API.
    pub event: &'static str,
    /// Its JSON, shared by all readers.
    pub data: Arc<str>,
}

/// Events that were committed together.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    /// Number of the first event.
    pub first: i64,
    /// Number of the last event.
    pub last: i64,
    /// The events; numbers may be missing where a result came too late to be stored.
    pub frames: Vec<Frame>,
}

/// Carries committed events to the readers of this process.
#[derive(Debug, Default)]
pub(crate) struct EventHub {
    runs: Mutex<HashMap<RunId, broadcast::Sender<Arc<Batch>>>>,
}

impl EventHub {
    /// Whether anybody follows the run: without a reader, nothing needs to be written as JSON.
    pub(crate) fn has_readers(&self, run: RunId) -> bool {
        self.with(|runs| runs.get(&run).is_some_and(|sender| sender.receiver_count() > 0))
    }

    /// Hands a committed batch to the readers of its run.
    pub(crate) fn publish(&self, run: RunId, batch: Batch) {
        self.with(|runs| {
            if let Some(sender) = runs.get(&run)
                && sender.send(Arc::new(batch)).is_err()
            {
                runs.remove(&run);
            }
        });
    }

    /// Follows a run from now on.
    pub(crate) fn subscribe(&self, run: RunId) -> broadcast::Receiver<Arc<Batch>> {
        self.with(|runs| runs.entry(run).or_insert_with(|| broadcast::channel(CAPACITY).0).subscribe())
    }

    fn with<T>(&self, work: impl FnOnce(&mut HashMap<RunId, broadcast::Sender<Arc<Batch>>>) -> T) -> T {
        // The map stays whole if a holder of the lock panics: each closure changes it in one step.
        work(&mut self.runs.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
