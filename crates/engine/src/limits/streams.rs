//! How many event streams each has open.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::subject::Subject;

/// The open event streams of all who have some.
#[derive(Debug, Clone, Default)]
pub(super) struct Streams(Arc<Mutex<HashMap<Subject, u32>>>);

/// The place of one event stream, free again when this is dropped.
#[derive(Debug)]
pub struct StreamPlace {
    streams: Streams,
    subject: Subject,
}

impl Streams {
    /// A place, if the subject has fewer than `most`.
    pub(super) fn open(&self, subject: Subject, most: u32) -> Option<StreamPlace> {
        let mut open = self.lock();
        let count = open.entry(subject).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        drop(open);
        Some(StreamPlace { streams: self.clone(), subject })
    }

    /// How many a subject has open.
    pub(super) fn count(&self, subject: Subject) -> u32 {
        self.lock().get(&subject).copied().unwrap_or(0)
    }

    /// How many all have open.
    pub(super) fn total(&self) -> u32 {
        self.lock().values().sum()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Subject, u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for StreamPlace {
    fn drop(&mut self) {
        let mut open = self.streams.lock();
        if let Some(count) = open.get_mut(&self.subject) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.subject);
            }
        }
    }
}
