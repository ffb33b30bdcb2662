//! The threads that read: they share a queue, and work that one of them has no connection for.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crossbeam_channel::{select, unbounded};
use tokio::sync::watch;

use crate::batch;
use crate::call::Job;
use crate::threads::{Lane, Queue, Queued};
use crate::trouble::Trouble;
use crate::{Conn, Error};

/// How long a reader for whose connection the server has no room leaves the work to the others.
const ASIDE: Duration = Duration::from_secs(5);

/// A read that has waited so long is refused while others wait behind it: to serve it makes all of them later than
/// anybody waits for, and answers none of them sooner.
const LONGEST_WAIT: Duration = Duration::from_millis(500);
/// How many must wait behind it. Fewer are not too much work, but one that took long.
const STANDING_QUEUE: usize = 32;

/// What the readers have in common.
#[derive(Clone)]
pub(crate) struct Readers {
    queue: Queued,
    /// Work that another reader had no connection for: at most one for each of them. None where no connection can be
    /// lost: to wait at two queues costs each read several times what it costs to wait at one.
    passed_on: Option<(Queue, Queued)>,
    /// How many have a connection, as far as they know.
    connected: Arc<AtomicUsize>,
    trouble: Arc<Trouble>,
    closed: watch::Receiver<()>,
}

impl Readers {
    /// Readers of a file.
    pub(crate) fn of_file(queue: Queued, trouble: Arc<Trouble>, closed: watch::Receiver<()>) -> Self {
        Self { queue, passed_on: None, connected: Arc::default(), trouble, closed }
    }

    /// Readers of a server, each of which may lose its connection.
    pub(crate) fn of_server(queue: Queued, trouble: Arc<Trouble>, closed: watch::Receiver<()>) -> Self {
        Self { passed_on: Some(unbounded()), ..Self::of_file(queue, trouble, closed) }
    }

    /// The next work. None: the store is closed, and nothing waits.
    fn next(&self) -> Option<Box<dyn Job>> {
        let Some((_, passed_on)) = &self.passed_on else { return self.queue.recv().ok() };
        select! {
            recv(passed_on) -> job => job.ok(),
            recv(self.queue) -> job => job.ok().or_else(|| passed_on.try_recv().ok()),
        }
    }

    /// Whether there is more work than can be done in time, and this has waited its share. A server's readers wait for
    /// a server that comes back, which is no overload.
    fn refuses(&self, job: &dyn Job) -> bool {
        self.passed_on.is_none()
            && self.queue.len() >= STANDING_QUEUE
            && job.waits_since().elapsed() > LONGEST_WAIT
    }

    /// Has another reader do it, or answers it if none has a connection.
    fn pass_on(&self, job: Box<dyn Job>, error: &Error) {
        match &self.passed_on {
            // One who ends takes it along: it is answered as closed, as what comes after.
            Some((others, _)) if self.connected.load(Ordering::SeqCst) > 0 => drop(others.send(job)),
            _ => {
                self.trouble.failed(Lane::Read, error);
                batch::answer([job], Some(error));
            }
        }
    }
}

/// Reads until the store is closed.
pub(crate) fn run(mut conn: Conn, mut readers: Readers) {
    let mut counted = false;
    while let Some(job) = readers.next() {
        if readers.refuses(&*job) {
            batch::answer([job], Some(&Error::Overloaded));
            continue;
        }
        let left = batch::read(&mut conn, job, &readers.trouble);
        let connected = conn.is_connected();
        if connected != counted {
            counted = connected;
            let step = if connected { 1 } else { usize::MAX };
            readers.connected.fetch_add(step, Ordering::SeqCst);
        }
        if let Some((job, error)) = left {
            readers.pass_on(job, &error);
            conn.stand_aside(ASIDE, &mut readers.closed);
        }
    }
}
