//! Many closures, one commit: the way every write takes.

use std::hash::{BuildHasher, RandomState};
use std::thread;
use std::time::Duration;

use tokio::time::Instant;

use crate::call::Job;
use crate::{Conn, Error, Result};

/// Closures in one transaction.
const MOST_JOBS: usize = 256;
/// Work in one transaction, after which it is committed. The first answer waits for the last closure.
const MOST_WORK: Duration = Duration::from_millis(5);
/// Pauses before a transaction that another program keeps from beginning is tried again.
const PAUSES: [Duration; 3] =
    [Duration::from_millis(50), Duration::from_millis(200), Duration::from_millis(800)];

/// The connection that writes.
pub(crate) struct Writer {
    conn: Conn,
    busy_timeout: Duration,
    /// Another program held the database when it was last asked for: then the next transaction does not wait
    /// for the whole time limit again, or the queue would never be answered.
    held: bool,
}

impl Writer {
    pub(crate) fn new(conn: Conn, busy_timeout: Duration) -> Self {
        Self { conn, busy_timeout, held: false }
    }

    /// The connection, outside of a transaction.
    pub(crate) fn conn(&mut self) -> &mut Conn {
        &mut self.conn
    }

    /// Runs `first` and what `more` has, in one transaction, and answers all of them after its commit.
    pub(crate) fn write(&mut self, mut first: Box<dyn Job>, mut more: impl FnMut() -> Option<Box<dyn Job>>) {
        if let Err(error) = self.begin() {
            let queued = std::iter::once(first).chain(std::iter::from_fn(more)).take(MOST_JOBS);
            return answer(queued, Some(&error));
        }
        let started = Instant::now();
        if !self.attempt(&mut *first) {
            self.roll_back();
            return answer([first], None);
        }
        let mut jobs = vec![first];
        while jobs.len() < MOST_JOBS && started.elapsed() < MOST_WORK {
            let Some(mut job) = more() else { break };
            self.attempt_in_savepoint(&mut *job);
            jobs.push(job);
            if self.conn.transaction_ended() {
                return self.one_by_one(jobs);
            }
        }
        match self.commit() {
            // A deferred constraint of one of them, and nobody knows whose.
            Err(Error::Constraint { .. }) if jobs.len() > 1 => self.one_by_one(jobs),
            outcome => answer(jobs, outcome.err().as_ref()),
        }
    }

    /// Runs each closure in a transaction of its own: after a failure that took the whole batch with it, the
    /// earlier ones included, whose savepoints had been released.
    fn one_by_one(&mut self, jobs: Vec<Box<dyn Job>>) {
        for mut job in jobs {
            let outcome =
                self.begin().and_then(|()| if self.attempt(&mut *job) { self.commit() } else { Ok(()) });
            self.roll_back();
            answer([job], outcome.err().as_ref());
        }
    }

    /// Runs one closure. False: it failed, a statement of it did or the transaction ended; what it did must be
    /// undone, and its answer says why.
    fn attempt(&mut self, job: &mut dyn Job) -> bool {
        self.conn.take_failure();
        let done = job.run(&mut self.conn);
        let failure = self.conn.take_failure();
        let ended = self.conn.transaction_ended();
        if done && (failure.is_some() || ended) {
            job.fail(
                failure
                    .clone()
                    .unwrap_or(Error::Storage { reason: "the transaction ended early".to_owned() }),
            );
        }
        done && failure.is_none() && !ended
    }

    /// Runs a further closure of a batch in a savepoint, so that its failure undoes nothing of the others. The
    /// first one needs none: it is alone when it fails. A savepoint has the pages copied that change in it.
    fn attempt_in_savepoint(&mut self, job: &mut dyn Job) {
        if let Err(error) = self.conn.control("SAVEPOINT job") {
            return job.fail(error);
        }
        let undone = if self.attempt(job) {
            let released = self.conn.control("RELEASE job");
            released.inspect_err(|error| job.fail(error.clone()))
        } else if self.conn.transaction_ended() {
            Ok(())
        } else {
            self.conn.control("ROLLBACK TO job").and_then(|()| self.conn.control("RELEASE job"))
        };
        if undone.is_err() {
            self.roll_back();
        }
    }

    /// Begins a transaction. Waits for another program, but not for ever.
    fn begin(&mut self) -> Result<()> {
        self.roll_back();
        let patience = if self.held { Duration::ZERO } else { self.busy_timeout };
        self.conn.set_busy_timeout(patience)?;
        let mut outcome = self.conn.control("BEGIN IMMEDIATE");
        if outcome == Err(Error::Busy) {
            self.conn.set_busy_timeout(Duration::ZERO)?;
            outcome = again(&self.conn, "BEGIN IMMEDIATE");
        }
        self.held = outcome == Err(Error::Busy);
        outcome
    }

    /// Commits. After an error the transaction is gone.
    fn commit(&mut self) -> Result<()> {
        let mut outcome = self.conn.control("COMMIT");
        if outcome == Err(Error::Busy) {
            // The transaction is still open, so this is not a second one.
            outcome = again(&self.conn, "COMMIT");
        }
        outcome.map_err(|error| {
            self.roll_back();
            match error {
                Error::Busy | Error::StorageFull | Error::Constraint { .. } => error,
                Error::Storage { reason } => Error::OutcomeUnknown { reason },
                other => Error::OutcomeUnknown { reason: other.to_string() },
            }
        })
    }

    fn roll_back(&mut self) {
        if !self.conn.transaction_ended()
            && let Err(error) = self.conn.control("ROLLBACK")
        {
            tracing::error!(%error, "could not roll back; the next transaction will say so again");
        }
    }
}

/// Runs a read in one snapshot of the database.
pub(crate) fn read(conn: &mut Conn, mut job: Box<dyn Job>) {
    if job.abandoned() {
        return;
    }
    if let Err(error) = conn.control("BEGIN") {
        return answer([job], Some(&error));
    }
    conn.take_failure();
    let done = job.run(conn);
    let failure = conn.take_failure();
    if !conn.transaction_ended()
        && let Err(error) = conn.control("ROLLBACK")
    {
        tracing::error!(%error, "could not end a read");
    }
    answer([job], failure.filter(|_| done).as_ref());
}

/// Answers each job, with the error of all of them if there is one.
pub(crate) fn answer(jobs: impl IntoIterator<Item = Box<dyn Job>>, error: Option<&Error>) {
    for mut job in jobs {
        if let Some(error) = error {
            job.fail(error.clone());
        }
        job.answer();
    }
}

fn again(conn: &Conn, statement: &'static str) -> Result<()> {
    let mut outcome = Err(Error::Busy);
    for pause in PAUSES {
        // A quarter less at random: two programs that meet once should not meet each time.
        let share = u32::try_from(RandomState::new().hash_one(pause) % 256).unwrap_or_default();
        thread::sleep(pause * (1024 - share) / 1024);
        outcome = conn.control(statement);
        if outcome != Err(Error::Busy) {
            break;
        }
    }
    outcome
}
