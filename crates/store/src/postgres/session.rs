//! A connection to the server: made, used and dropped on one thread, every call under a time limit.
//!
//! Statements that only begin, mark or end a part of a transaction are sent together with the next one that has
//! something to do, so that they cost no round trip of their own.

#[cfg(test)]
mod explain;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{join, join_all};
use tokio::runtime::Runtime;
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Statement};

use super::address::Address;
use super::error::{is_last, of_statement};
use super::value::Param;
use crate::conn::Isolation;
use crate::{Error, InsertMany, Result, Row, Sql, ToValue};

/// Rows of one `INSERT`, largest first: what is left over goes into the next smaller one, so that few statements
/// are kept prepared.
const ROWS: [usize; 5] = [256, 64, 16, 4, 1];
/// Most parameters of one statement: their number is a 16-bit one.
const MOST_PARAMETERS: usize = 60_000;
/// Statements under way at once on a connection.
const PIPELINE: usize = 64;
/// How much longer we wait than the server works on a statement: it says that it gave up, unless it is frozen.
pub(super) const GRACE: Duration = Duration::from_secs(2);

/// What instances tell each other of runs.
const TELL: &str = "NOTIFY promptcards_runs";

/// Who else may be in the database while a connection is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Claim {
    /// Other servers.
    Shared,
    /// Nobody.
    Alone,
}

pub(crate) struct Session {
    pub(super) runtime: Runtime,
    pub(super) address: Arc<Address>,
    pub(super) limit: Duration,
    pub(super) claim: Claim,
    /// Run on each new connection.
    pub(super) greeting: Option<String>,
    pub(super) connected: Option<Connected>,
    /// The server had no room for one more connection when that was tried last.
    pub(super) crowded_out: bool,
    /// Begun by us; the server may not have heard of it yet.
    open: bool,
    /// The transaction met another one, or its connection broke before the commit: all of it must run again.
    doomed: bool,
    /// Statements that wait to be sent together with the next.
    unsent: String,
}

pub(super) struct Connected {
    pub(super) client: Client,
    statements: HashMap<String, Statement>,
    task: AbortHandle,
    made_at: Instant,
}

impl Session {
    /// A session that connects when it is first used.
    pub(crate) fn new(address: Arc<Address>, limit: Duration, claim: Claim) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Error::Storage { reason: error.to_string() })?;
        Ok(Self {
            runtime,
            address,
            limit,
            claim,
            greeting: None,
            connected: None,
            crowded_out: false,
            open: false,
            doomed: false,
            unsent: String::new(),
        })
    }

    /// Begins a transaction, on a new connection if there is none.
    pub(crate) fn begin(&mut self, isolation: Isolation) -> Result<()> {
        self.roll_back();
        if self.connected.as_ref().is_none_or(|connected| connected.client.is_closed()) {
            self.connect(isolation != Isolation::Snapshot, None)?;
        }
        self.open = true;
        self.unsent.push_str(match isolation {
            Isolation::Snapshot => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Isolation::Serializable => "BEGIN ISOLATION LEVEL SERIALIZABLE",
            Isolation::Guarded => "BEGIN ISOLATION LEVEL READ COMMITTED",
        });
        Ok(())
    }

    /// Commits. After an error the transaction is gone.
    pub(crate) fn commit(&mut self) -> Result<()> {
        if self.unsent.starts_with("BEGIN") {
            // The server never heard of it, and nothing was written.
            self.forget_transaction();
            return Ok(());
        }
        self.control("COMMIT")?;
        let outcome = self.send_unsent();
        let lost = self.connected.is_none();
        if outcome.is_err() {
            self.roll_back();
        }
        self.forget_transaction();
        match outcome {
            // Whether it was committed before the connection broke nobody can tell.
            Err(Error::Unavailable { reason }) if lost => Err(Error::OutcomeUnknown { reason }),
            outcome => outcome,
        }
    }

    pub(crate) fn roll_back(&mut self) {
        let server_knows = self.open && !self.unsent.starts_with("BEGIN");
        self.unsent.clear();
        if server_knows && self.connected.is_some() {
            self.unsent.push_str("ROLLBACK");
            if let Err(error) = self.send_unsent() {
                // The server rolls back what has no connection.
                tracing::warn!(%error, "could not roll back; the connection is given up");
                self.connected = None;
            }
        }
        self.forget_transaction();
    }

    /// How long there has been a connection.
    pub(crate) fn connected_for(&self) -> Duration {
        self.connected.as_ref().map_or(Duration::ZERO, |connected| connected.made_at.elapsed())
    }

    /// Whether what failed last is worth another run of the whole transaction.
    pub(crate) fn must_run_again(&self) -> bool {
        self.doomed
    }

    /// Whether no transaction is open, or the one that is cannot be committed any more.
    pub(crate) fn transaction_ended(&self) -> bool {
        !self.open || self.doomed || self.connected.is_none()
    }

    /// Has a statement sent together with the next: of a transaction, with no values and no answer.
    pub(crate) fn control(&mut self, text: &'static str) -> Result<()> {
        if self.connected.is_none() {
            return Err(Error::Unavailable { reason: "the connection was lost".to_owned() });
        }
        if !self.unsent.is_empty() {
            self.unsent.push_str("; ");
        }
        self.unsent.push_str(text);
        Ok(())
    }

    /// Calls `visit` for each row of the answer and counts them.
    pub(crate) fn each(
        &mut self,
        sql: Sql,
        params: &[&dyn ToValue],
        mut visit: impl FnMut(&Row<'_>) -> Result<()>,
    ) -> Result<usize> {
        let statement = self.prepare(sql, sql.text())?;
        let params = bound(sql, &statement, params)?;
        let rows = self.run(sql, async |client| client.query(&statement, &references(&params)).await)?;
        for (place, row) in rows.iter().enumerate() {
            visit(&Row::of_postgres(row, sql, place + 1))?;
        }
        Ok(rows.len())
    }

    pub(crate) fn execute(&mut self, sql: Sql, params: &[&dyn ToValue]) -> Result<u64> {
        let statement = self.prepare(sql, sql.text())?;
        let params = bound(sql, &statement, params)?;
        self.run(sql, async |client| client.execute(&statement, &references(&params)).await)
    }

    /// Runs the statement once for each row of parameters, and says of each how many rows it changed.
    pub(crate) fn execute_many<'r, const N: usize, R>(
        &mut self,
        sql: Sql,
        rows: &'r [R],
        values: impl Fn(&'r R) -> [&'r dyn ToValue; N],
    ) -> Result<Vec<u64>> {
        let mut changed = Vec::with_capacity(rows.len());
        if rows.is_empty() {
            return Ok(changed);
        }
        let statement = self.prepare(sql, sql.text())?;
        for rows in rows.chunks(PIPELINE) {
            let calls = rows.iter().map(|row| Ok((statement.clone(), bound(sql, &statement, &values(row))?)));
            changed.extend(self.pipeline(sql, &calls.collect::<Result<Vec<_>>>()?)?);
        }
        Ok(changed)
    }

    pub(crate) fn insert_many<'r, const N: usize, R>(
        &mut self,
        insert: &InsertMany<N>,
        rows: &'r [R],
        values: impl Fn(&'r R) -> [&'r dyn ToValue; N],
    ) -> Result<u64> {
        let sql = insert.head();
        let mut rest = rows;
        let mut calls = Vec::new();
        let mut inserted = 0;
        while !rest.is_empty() {
            let fits = |count: &usize| *count <= rest.len() && count * N <= MOST_PARAMETERS;
            let count = ROWS.into_iter().find(fits).unwrap_or(1);
            let (now, later) = rest.split_at(count);
            let statement = self.prepare(sql, &insert.rows(count))?;
            let flat: Vec<&dyn ToValue> = now.iter().flat_map(&values).collect();
            let params = bound(sql, &statement, &flat)?;
            calls.push((statement, params));
            rest = later;
            // Rows may be long: only so many of them are held encoded.
            if calls.len() == PIPELINE / 16 || rest.is_empty() {
                inserted += self.pipeline(sql, &calls)?.iter().sum::<u64>();
                calls.clear();
            }
        }
        Ok(inserted)
    }

    /// Sends all calls before the first is answered.
    fn pipeline(&mut self, sql: Sql, calls: &[(Statement, Vec<Param<'_>>)]) -> Result<Vec<u64>> {
        self.run(sql, async |client| {
            let calls =
                calls.iter().map(async |(statement, params)| client.execute_raw(statement, params).await);
            join_all(calls).await.into_iter().collect()
        })
    }

    /// Runs a text of several statements without values.
    pub(crate) fn script(&mut self, name: &'static str, text: &str) -> Result<()> {
        self.run(Sql::new(name), async |client| client.batch_execute(text).await)
    }

    /// Runs a statement now, and again on each connection that takes the place of this one.
    pub(crate) fn greet(&mut self, statement: String) -> Result<()> {
        self.run(Sql::new("the greeting"), async |client| client.batch_execute(&statement).await)?;
        self.greeting = Some(statement);
        Ok(())
    }

    fn send_unsent(&mut self) -> Result<()> {
        self.run(Sql::new("COMMIT"), async |_| Ok(()))
    }

    fn prepare(&mut self, sql: Sql, text: &str) -> Result<Statement> {
        let known = self.connected.as_ref().and_then(|connected| connected.statements.get(text));
        if let Some(statement) = known {
            return Ok(statement.clone());
        }
        let statement = self.run(sql, async |client| client.prepare(text).await)?;
        if let Some(connected) = &mut self.connected {
            connected.statements.insert(text.to_owned(), statement.clone());
        }
        Ok(statement)
    }

    /// Sends what waits to be sent, and `work` right behind it.
    pub(super) fn run<T>(
        &mut self,
        sql: Sql,
        work: impl AsyncFnOnce(&Client) -> Result<T, tokio_postgres::Error>,
    ) -> Result<T> {
        let unsent = std::mem::take(&mut self.unsent);
        let Some(Connected { client, .. }) = &self.connected else {
            return Err(Error::Unavailable { reason: "the connection was lost".to_owned() });
        };
        let limit = self.limit + GRACE;
        let outcome = self.runtime.block_on(async {
            timeout(limit, async {
                if unsent.is_empty() {
                    return work(client).await;
                }
                let (before, done) = join(client.batch_execute(&unsent), work(client)).await;
                before.and(done)
            })
            .await
        });
        match outcome {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => {
                let broke = is_last(&error);
                if broke {
                    self.connected = None;
                }
                let error = of_statement(&error, sql);
                self.doomed |= broke || error == Error::Conflicted;
                Err(error)
            }
            // It would take as long again.
            Err(_) => {
                self.connected = None;
                let error =
                    Error::Unavailable { reason: format!("no answer within {} ms", limit.as_millis()) };
                self.address.link.silent(&error);
                Err(error)
            }
        }
    }

    /// Tells every instance, when this transaction is committed, that a run was changed.
    pub(crate) fn tell(&mut self) -> Result<()> {
        self.control(TELL)
    }

    fn forget_transaction(&mut self) {
        self.open = false;
        self.doomed = false;
        self.unsent.clear();
    }
}

impl Connected {
    pub(super) fn new(client: Client, task: AbortHandle) -> Self {
        Self { client, statements: HashMap::new(), task, made_at: Instant::now() }
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        // Without it, a connection to a server that is frozen would wait for ever to say goodbye.
        self.task.abort();
    }
}

/// The parameters of a statement, as many as it has.
fn bound<'p>(sql: Sql, statement: &Statement, params: &[&'p (dyn ToValue + 'p)]) -> Result<Vec<Param<'p>>> {
    let count = statement.params().len();
    if count != params.len() {
        let reason = format!("it has {count} parameters and was given {}", params.len());
        return Err(Error::Statement { statement: sql.text(), reason });
    }
    params.iter().map(|value: &&'p dyn ToValue| (**value).to_value().map(Param)).collect()
}

fn references<'p>(params: &'p [Param<'_>]) -> Vec<&'p (dyn ToSql + Sync)> {
    params.iter().map(|param| param as &(dyn ToSql + Sync)).collect()
}
