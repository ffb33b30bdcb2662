//! What the log says of a database that cannot do its work: once when that begins and once when it ends.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::Error;
use crate::threads::Lane;

/// How long a lane must have been without trouble before it is over: a full disk refuses some writes and not others.
const QUIET: Duration = Duration::from_secs(3);

/// The trouble that a database is in.
#[derive(Default)]
pub(crate) struct Trouble {
    /// So that nobody waits for the lock as long as all is well.
    any: AtomicBool,
    began: Mutex<Option<Began>>,
}

struct Began {
    at: Instant,
    /// What each lane met last, and when: a server that can only be read fails some of them and not the others.
    by_lane: [Option<(Error, Instant)>; 3],
}

impl Trouble {
    /// Takes note of work that failed, where that is the database's trouble.
    pub(crate) fn failed(&self, lane: Lane, error: &Error) {
        if let Error::OutcomeUnknown { .. } = error {
            // Somebody is to look after each of them. Whether the database goes on is seen by the next work.
            return tracing::error!(%error, "it is not known whether something was stored");
        }
        if !error.is_trouble() {
            return;
        }
        let mut began = self.lock();
        let new = began.is_none();
        let now = Instant::now();
        let began = began.get_or_insert_with(|| Began { at: now, by_lane: [const { None }; 3] });
        let untrusted = |error: &Error| matches!(error, Error::Untrusted { .. });
        // A connection is lost first, and refused when it is made anew: what is to be done is in the second.
        let new = new || untrusted(error) && !began.by_lane.iter().flatten().any(|(met, _)| untrusted(met));
        began.by_lane[lane as usize] = Some((error.clone(), now));
        self.any.store(true, Ordering::Release);
        if new {
            tracing::error!(?lane, %error, "the database cannot do its work; it will be said when it can again");
        }
    }

    /// Takes note of work that was done.
    pub(crate) fn done(&self, lane: Lane) {
        if !self.any.load(Ordering::Acquire) {
            return;
        }
        let mut began = self.lock();
        let Some(trouble) = began.as_mut() else { return };
        // One of the two lanes that write may be idle for hours, the other one is not.
        let lanes: &[Lane] = if let Lane::Guarded = lane { &[lane, Lane::Write] } else { &[lane] };
        for lane in lanes {
            let met = &mut trouble.by_lane[*lane as usize];
            if met.as_ref().is_some_and(|(_, last)| last.elapsed() >= QUIET) {
                *met = None;
            }
        }
        if trouble.by_lane.iter().all(Option::is_none) {
            let seconds = trouble.at.elapsed().as_secs();
            *began = None;
            self.any.store(false, Ordering::Release);
            tracing::info!(seconds, "the database does its work again");
        }
    }

    /// What the database cannot do now, and why.
    pub(crate) fn now(&self) -> Option<Error> {
        self.lock().as_ref()?.by_lane.iter().flatten().next().map(|(error, _)| error.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Option<Began>> {
        self.began.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
