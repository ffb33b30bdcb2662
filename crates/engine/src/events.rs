//! Live events: what was committed, told to whoever watches, never slower than the slowest of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::ids::RunId;
use tokio::sync::broadcast;
use tokio::time::Instant;

/// How many batches a reader may fall behind before it must read again.
const CAPACITY: usize = 256;

/// The number of what is never replayed, but told anew to each reader.
pub const UNNUMBERED: i64 = 0;

/// One event, ready to be sent.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Its number in the run, from 1, or [`UNNUMBERED`].
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
    runs: Mutex<HashMap<RunId, Channel>>,
}

/// What the readers of one run share.
#[derive(Debug)]
struct Channel {
    sender: broadcast::Sender<Arc<Batch>>,
    /// Number of the last event that its readers know of.
    told: i64,
    /// When one of them last looked into the store for events that were not told.
    looked_at: Instant,
}

impl EventHub {
    /// Whether anybody follows the run: without a reader, nothing needs to be written as JSON.
    pub(crate) fn has_readers(&self, run: RunId) -> bool {
        self.with(|runs| runs.get(&run).is_some_and(|channel| channel.sender.receiver_count() > 0))
    }

    /// Hands a committed batch to the readers of its run.
    pub(crate) fn publish(&self, run: RunId, batch: Batch) {
        self.with(|runs| {
            if let Some(channel) = runs.get_mut(&run) {
                channel.told = channel.told.max(batch.last);
                // Without a reader there is nobody to tell.
                let _ = channel.sender.send(Arc::new(batch));
            }
        });
    }

    /// Tells the readers of a run what has no number.
    pub(crate) fn notice(&self, run: RunId, frame: Frame) {
        self.publish(run, Batch { first: UNNUMBERED, last: UNNUMBERED, frames: vec![frame] });
    }

    /// Whether a reader of the run that has heard nothing for a while is to look into the store: one of them all,
    /// once in that time.
    pub(crate) fn look_is_due(&self, run: RunId, every: Duration) -> bool {
        self.with(|runs| {
            let Some(channel) = runs.get_mut(&run).filter(|channel| channel.looked_at.elapsed() >= every)
            else {
                return false;
            };
            channel.looked_at = Instant::now();
            true
        })
    }

    /// The store has events of the run up to this number. Those that were not told are read by each reader.
    pub(crate) fn found(&self, run: RunId, last: i64) {
        let told = self.with(|runs| runs.get(&run).map(|channel| channel.told));
        if told.is_some_and(|told| told < last) {
            // A batch that is beyond what anybody has, and empty: a gap, for whoever has less.
            self.publish(run, Batch { first: last + 1, last, frames: Vec::new() });
        }
    }

    /// Follows a run from now on.
    pub(crate) fn subscribe(&self, run: RunId) -> broadcast::Receiver<Arc<Batch>> {
        self.with(|runs| {
            runs.retain(|_, channel| channel.sender.receiver_count() > 0);
            let new =
                || Channel { sender: broadcast::channel(CAPACITY).0, told: 0, looked_at: Instant::now() };
            runs.entry(run).or_insert_with(new).sender.subscribe()
        })
    }

    fn with<T>(&self, work: impl FnOnce(&mut HashMap<RunId, Channel>) -> T) -> T {
        // The map stays whole if a holder of the lock panics: each closure changes it in one step.
        work(&mut self.runs.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use domain::ids::RunId;

    use super::{Batch, EventHub};
    use std::time::Duration;

    fn run(number: u8) -> RunId {
        format!("00000000-0000-0000-0000-0000000000{number:02}").parse().unwrap()
    }

    #[test]
    fn a_run_that_nobody_follows_any_more_is_forgotten() {
        let hub = EventHub::default();
        drop(hub.subscribe(run(1)));
        let _reader = hub.subscribe(run(2));
        assert_eq!(hub.with(|runs| runs.len()), 1);
        assert!(!hub.has_readers(run(1)));
    }

    #[test]
    fn the_readers_of_a_run_share_a_look_and_hear_only_of_a_gap() {
        let hub = EventHub::default();
        let mut reader = hub.subscribe(run(1));
        assert!(!hub.look_is_due(run(1), Duration::from_hours(1)));
        assert!(hub.look_is_due(run(1), Duration::ZERO));
        hub.publish(run(1), Batch { first: 1, last: 3, frames: Vec::new() });
        assert_eq!(reader.try_recv().unwrap().last, 3);
        hub.found(run(1), 3);
        assert!(reader.try_recv().is_err(), "all of it was told");
        hub.found(run(1), 5);
        assert_eq!(reader.try_recv().unwrap().last, 5);
    }
}
