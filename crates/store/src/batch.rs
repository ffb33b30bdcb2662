//! Many closures, one commit: the way every write takes.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::time::Instant;

use crate::call::Job;
use crate::conn::Isolation;
use crate::threads::Lane;
use crate::trouble::Trouble;
use crate::{Conn, Error, Result, StoreMetrics};

/// Closures in one transaction.
const MOST_JOBS: usize = 256;
/// Work in one transaction, after which it is committed. The first answer waits for the last closure.
const MOST_WORK: Duration = Duration::from_millis(5);
/// How often a closure runs whose transaction met another one, or lost its connection before the commit.
const MOST_RUNS: u32 = 5;
/// Longest rest before the second run; each further one may be twice as long.
const FIRST_REST: Duration = Duration::from_millis(4);

/// A connection that writes.
pub(crate) struct Writer {
    conn: Conn,
    isolation: Isolation,
    trouble: Arc<Trouble>,
    metrics: StoreMetrics,
}

/// What came of a closure inside a transaction.
enum Attempt {
    /// It may be committed.
    Done,
    /// What it did must be undone; its answer says why.
    Failed,
    /// Nothing is wrong with it: the transaction met another one, or lost its connection.
    Again,
}

impl Writer {
    pub(crate) fn new(
        conn: Conn,
        isolation: Isolation,
        trouble: Arc<Trouble>,
        metrics: StoreMetrics,
    ) -> Self {
        Self { conn, isolation, trouble, metrics }
    }

    /// The trouble that it meets.
    pub(crate) fn trouble(&self) -> &Arc<Trouble> {
        &self.trouble
    }

    /// The connection, outside of a transaction.
    pub(crate) fn conn(&mut self) -> &mut Conn {
        &mut self.conn
    }

    /// The same, for good.
    pub(crate) fn into_conn(self) -> Conn {
        self.conn
    }

    /// Runs `first` and what `more` has, in one transaction, and answers all of them after its commit.
    pub(crate) fn write(&mut self, mut first: Box<dyn Job>, mut more: impl FnMut() -> Option<Box<dyn Job>>) {
        if let Err(error) = self.conn.begin(self.isolation) {
            self.note(Some(&error));
            let queued = std::iter::once(first).chain(std::iter::from_fn(more)).take(MOST_JOBS);
            return answer(queued, Some(&error));
        }
        let started = Instant::now();
        match self.attempt(&mut *first) {
            Attempt::Done => {}
            Attempt::Failed => {
                self.conn.roll_back();
                return answer([first], None);
            }
            Attempt::Again => return self.one_by_one(vec![first]),
        }
        let mut jobs = vec![first];
        while jobs.len() < MOST_JOBS && started.elapsed() < MOST_WORK {
            let Some(mut job) = more() else { break };
            let attempt = self.attempt(&mut *job);
            jobs.push(job);
            if self.conn.transaction_ended() {
                return self.one_by_one(jobs);
            }
            match attempt {
                Attempt::Done => {}
                // A refusal: there is nothing of it to undo.
                Attempt::Failed if !self.conn.left_traces() => {}
                Attempt::Failed => return self.in_savepoints(jobs),
                Attempt::Again => return self.one_by_one(jobs),
            }
        }
        self.finish(jobs);
    }

    /// Runs all of them once more, each in a savepoint, so that the failure of one undoes nothing of the others. A
    /// savepoint costs `SQLite` a copy of each page that changes in it, and the full-text index is written out when it
    /// ends: as much again as what is stored. Few closures fail after they have written.
    fn in_savepoints(&mut self, mut jobs: Vec<Box<dyn Job>>) {
        if let Err(error) = self.conn.begin(self.isolation) {
            self.note(Some(&error));
            return answer(jobs, Some(&error));
        }
        for job in &mut jobs {
            self.attempt_in_savepoint(&mut **job);
            if self.conn.transaction_ended() {
                return self.one_by_one(jobs);
            }
        }
        self.finish(jobs);
    }

    /// Commits what they did, and answers them.
    fn finish(&mut self, jobs: Vec<Box<dyn Job>>) {
        match self.commit(jobs.len()) {
            // A deferred constraint of one of them, and nobody knows whose; or the whole met another write.
            Err(Error::Constraint { .. }) if jobs.len() > 1 => self.one_by_one(jobs),
            Err(Error::Conflicted) => self.one_by_one(jobs),
            outcome => {
                self.note(outcome.as_ref().err());
                answer(jobs, outcome.err().as_ref());
            }
        }
    }

    /// Commits so many closures.
    fn commit(&mut self, writes: usize) -> Result<()> {
        let began = Instant::now();
        self.conn.commit()?;
        self.metrics.committed(began, u32::try_from(writes).unwrap_or(u32::MAX));
        Ok(())
    }

    /// Takes note of what came of a transaction.
    fn note(&self, error: Option<&Error>) {
        let lane = if self.isolation == Isolation::Guarded { Lane::Guarded } else { Lane::Write };
        match error {
            Some(error) => self.trouble.failed(lane, error),
            None => self.trouble.done(lane),
        }
    }

    /// Runs each closure in a transaction of its own: after a failure that took the whole batch with it, the
    /// earlier ones included, whose savepoints had been released.
    fn one_by_one(&mut self, jobs: Vec<Box<dyn Job>>) {
        let mut jobs = jobs.into_iter();
        while let Some(mut job) = jobs.next() {
            let outcome = self.alone(&mut *job);
            self.note(outcome.as_ref().err());
            let gone = matches!(outcome, Err(Error::Unavailable { .. } | Error::Untrusted { .. }));
            answer([job], outcome.as_ref().err());
            if gone {
                // None of the others was begun, and each would wait as long for a connection.
                return answer(jobs, outcome.err().as_ref());
            }
        }
    }

    /// Runs a closure in a transaction of its own, again where that may help. The error is one of the
    /// transaction; one of the closure is in its answer.
    fn alone(&mut self, job: &mut dyn Job) -> Result<()> {
        let mut run = 1;
        loop {
            self.conn.begin(self.isolation)?;
            let outcome = match self.attempt(job) {
                Attempt::Done => self.commit(1),
                Attempt::Failed => {
                    self.conn.roll_back();
                    Ok(())
                }
                // Its answer says why.
                Attempt::Again if run == MOST_RUNS => Ok(()),
                Attempt::Again => Err(Error::Conflicted),
            };
            self.conn.roll_back();
            if outcome != Err(Error::Conflicted) || run == MOST_RUNS {
                return outcome;
            }
            rest(run);
            run += 1;
        }
    }

    /// Runs one closure.
    fn attempt(&mut self, job: &mut dyn Job) -> Attempt {
        self.conn.begin_closure();
        let done = job.run(&mut self.conn);
        let failure = self.conn.take_failure();
        let ended = self.conn.transaction_ended();
        if self.conn.must_run_again() {
            // If it is run no more, it is answered with why.
            job.fail(failure.unwrap_or(Error::Conflicted));
            return Attempt::Again;
        }
        if let Some(error) = &failure {
            self.note(Some(error));
        }
        if done && (failure.is_some() || ended) {
            let ended_early = || Error::Storage { reason: "the transaction ended early".to_owned() };
            job.fail(failure.unwrap_or_else(ended_early));
            return Attempt::Failed;
        }
        if done { Attempt::Done } else { Attempt::Failed }
    }

    /// Runs one closure in a savepoint.
    fn attempt_in_savepoint(&mut self, job: &mut dyn Job) {
        if let Err(error) = self.conn.control("SAVEPOINT job") {
            return job.fail(error);
        }
        let undone = match self.attempt(job) {
            Attempt::Done => {
                self.conn.control("RELEASE SAVEPOINT job").inspect_err(|error| job.fail(error.clone()))
            }
            // The caller sees that the transaction has ended, and runs all of it again.
            _ if self.conn.transaction_ended() => Ok(()),
            _ => self
                .conn
                .control("ROLLBACK TO SAVEPOINT job")
                .and_then(|()| self.conn.control("RELEASE SAVEPOINT job")),
        };
        if undone.is_err() {
            self.conn.roll_back();
        }
    }
}

/// Two transactions that meet once should not meet each time.
fn rest(run: u32) {
    let most = u64::try_from((FIRST_REST * 2_u32.pow(run - 1)).as_micros()).unwrap_or(u64::MAX);
    thread::sleep(Duration::from_micros(RandomState::new().hash_one(run) % most));
}

/// Runs a read in one snapshot of the database. Returns it if it was not begun, because the server has no room for one
/// more connection.
pub(crate) fn read(
    conn: &mut Conn,
    mut job: Box<dyn Job>,
    trouble: &Trouble,
) -> Option<(Box<dyn Job>, Error)> {
    if job.abandoned() {
        return None;
    }
    let (mut outcome, mut met) = (Ok(()), None);
    // A connection that was lost since its last use is noticed by the first statement.
    for _ in 0..2 {
        outcome = conn.begin(Isolation::Snapshot);
        if outcome.is_err() {
            break;
        }
        conn.begin_closure();
        let done = job.run(conn);
        let failure = conn.take_failure();
        let again = conn.must_run_again();
        met.clone_from(&failure);
        if let Some(error) = failure.filter(|_| done || again) {
            outcome = Err(error);
        }
        if !again {
            break;
        }
    }
    if conn.is_crowded_out()
        && let Err(error) = outcome
    {
        return Some((job, error));
    }
    match met.as_ref().or(outcome.as_ref().err()) {
        Some(error) => trouble.failed(Lane::Read, error),
        None => trouble.done(Lane::Read),
    }
    answer([job], outcome.err().as_ref());
    conn.roll_back();
    None
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
