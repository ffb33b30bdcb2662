//! A connection, as a closure given to the store sees it.

use std::sync::Arc;
use std::time::Duration;

use domain::ids::InstanceId;
use tokio::sync::watch;

use crate::card_changes::{CardChanges, may_change_cards};
use crate::sql::SqlPair;
use crate::{Error, FromRow, InsertMany, Result, Row, Sql, ToValue, instances, postgres, sqlite};

/// A connection inside a transaction of the store's. Statements are kept prepared, by their text.
///
/// It remembers the first statement that failed: a closure that returns `Ok` after one is answered with that
/// statement's error, because the transaction may no longer be what the closure believes.
pub struct Conn {
    session: Session,
    failure: Option<Error>,
    /// Where changes of cards are counted, on the one connection that writes to a file.
    card_changes: Option<Arc<CardChanges>>,
    /// Whether the transaction may have changed cards.
    changes_cards: bool,
    /// Whether the closure that runs has written, or met a failure.
    left_traces: bool,
    /// How each statement is run, where a test asks for it.
    #[cfg(test)]
    pub(crate) plans: Option<Vec<crate::plans::Plan>>,
}

enum Session {
    Sqlite(sqlite::Session),
    Postgres(Box<postgres::Session>),
}

/// Which database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

/// How a transaction is kept apart from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Isolation {
    /// It reads one state of the database and writes nothing.
    Snapshot,
    /// As if there were no other.
    Serializable,
    /// Each statement sees what was committed before it: every decision stands in the `WHERE` of the statement
    /// that writes.
    Guarded,
}

/// Calls the same method of whichever session there is.
macro_rules! of_session {
    ($conn:expr, $session:ident => $call:expr) => {
        match &mut $conn.session {
            Session::Sqlite($session) => $call,
            Session::Postgres($session) => $call,
        }
    };
}

impl Conn {
    pub(crate) fn sqlite(session: sqlite::Session) -> Self {
        Self::of(Session::Sqlite(session))
    }

    pub(crate) fn postgres(session: postgres::Session) -> Self {
        Self::of(Session::Postgres(Box::new(session)))
    }

    fn of(session: Session) -> Self {
        Self {
            session,
            failure: None,
            card_changes: None,
            changes_cards: false,
            left_traces: false,
            #[cfg(test)]
            plans: None,
        }
    }

    /// The same connection, which counts there how often it changes cards.
    pub(crate) fn counting(self, card_changes: Arc<CardChanges>) -> Self {
        Self { card_changes: Some(card_changes), ..self }
    }

    /// The one row of the answer. None is [`Error::NoRow`], several are [`Error::ManyRows`].
    pub fn query_one<R: FromRow>(&mut self, sql: Sql, params: &[&dyn ToValue]) -> Result<R> {
        self.query_opt(sql, params)?.ok_or(Error::NoRow { statement: sql.text() })
    }

    /// The one row of the answer, if there is one. Several are [`Error::ManyRows`].
    pub fn query_opt<R: FromRow>(&mut self, sql: Sql, params: &[&dyn ToValue]) -> Result<Option<R>> {
        let mut found = None;
        let rows = self.each(sql, params, |row| {
            if found.is_none() {
                found = Some(R::from_row(row)?);
            }
            Ok(())
        })?;
        if rows > 1 { Err(Error::ManyRows { statement: sql.text() }) } else { Ok(found) }
    }

    /// All rows of the answer.
    pub fn query_all<R: FromRow>(&mut self, sql: Sql, params: &[&dyn ToValue]) -> Result<Vec<R>> {
        let mut found = Vec::new();
        self.each(sql, params, |row| {
            found.push(R::from_row(row)?);
            Ok(())
        })?;
        Ok(found)
    }

    /// Runs a statement that answers no rows, and says how many it changed.
    pub fn execute(&mut self, sql: Sql, params: &[&dyn ToValue]) -> Result<u64> {
        #[cfg(test)]
        self.explain(sql, params)?;
        self.expect_write(sql);
        let done = allowed(sql).and_then(|()| of_session!(self, session => session.execute(sql, params)));
        self.note(done)
    }

    /// Runs a statement once for each of `rows`, and says of each how many rows of the table it changed.
    ///
    /// `values` names the parameters `$1` to `$N` of a row.
    pub fn execute_many<'r, const N: usize, R>(
        &mut self,
        sql: Sql,
        rows: &'r [R],
        values: impl Fn(&'r R) -> [&'r dyn ToValue; N],
    ) -> Result<Vec<u64>> {
        #[cfg(test)]
        rows.first().map_or(Ok(()), |row| self.explain(sql, &values(row)))?;
        self.expect_write(sql);
        let done =
            allowed(sql).and_then(|()| of_session!(self, session => session.execute_many(sql, rows, values)));
        self.note(done)
    }

    /// Inserts `rows`, any number of them, and says how many were inserted.
    ///
    /// `values` names the columns of a row: `|cell| [&run_id, &cell.position, &cell.state]`.
    pub fn insert_many<'r, const N: usize, R>(
        &mut self,
        insert: &InsertMany<N>,
        rows: &'r [R],
        values: impl Fn(&'r R) -> [&'r dyn ToValue; N],
    ) -> Result<u64> {
        self.expect_write(insert.head());
        let done = of_session!(self, session => session.insert_many(insert, rows, values));
        self.note(done)
    }

    pub(crate) fn dialect(&self) -> Dialect {
        match self.session {
            Session::Sqlite(_) => Dialect::Sqlite,
            Session::Postgres(_) => Dialect::Postgres,
        }
    }

    /// The statement of this database.
    pub(crate) fn pick(&self, pair: &SqlPair) -> Sql {
        match self.dialect() {
            Dialect::Sqlite => pair.sqlite,
            Dialect::Postgres => pair.postgres,
        }
    }

    /// Begins a transaction; one that was open is rolled back.
    pub(crate) fn begin(&mut self, isolation: Isolation) -> Result<()> {
        self.changes_cards = false;
        of_session!(self, session => session.begin(isolation))
    }

    /// Commits. After an error the transaction is gone.
    pub(crate) fn commit(&mut self) -> Result<()> {
        let changes = self.card_changes.clone().filter(|_| self.changes_cards);
        let mut commit = || of_session!(self, session => session.commit());
        match changes {
            Some(changes) => changes.commit(commit),
            None => commit(),
        }
    }

    /// Rolls back, if a transaction is open.
    pub(crate) fn roll_back(&mut self) {
        of_session!(self, session => session.roll_back());
    }

    /// Runs a statement of the store's own that takes no values: of a transaction, or a setting.
    pub(crate) fn control(&mut self, text: &'static str) -> Result<()> {
        of_session!(self, session => session.control(text))
    }

    /// Runs a text of several statements: a step of the schema.
    pub(crate) fn script(&mut self, name: &'static str, text: &str) -> Result<()> {
        match &mut self.session {
            Session::Sqlite(_) => Err(Error::Statement {
                statement: name,
                reason: "a file is migrated before it is opened".to_owned(),
            }),
            Session::Postgres(session) => session.script(name, text),
        }
    }

    /// On a server, takes the lock that lives as long as this connection, and as those that take its place.
    /// A file has its lock already.
    pub(crate) fn hold(&mut self, instance: InstanceId) -> Result<()> {
        match &mut self.session {
            Session::Sqlite(_) => Ok(()),
            // An identifier holds no character that would need to be escaped. A connection that broke may hold the lock
            // for a while: then it is said by that one that this instance lives.
            Session::Postgres(session) => {
                session.greet(format!("SELECT pg_try_advisory_lock(hashtextextended('{instance}', 0))"))
            }
        }
    }

    /// Whether every other instance has had the time to take its lock again, should this connection have been lost
    /// together with theirs.
    pub(crate) fn others_are_back(&self) -> bool {
        match &self.session {
            Session::Sqlite(_) => true,
            Session::Postgres(session) => session.connected_for() > instances::TIME_TO_RETURN,
        }
    }

    /// Tells other instances on the same database, when this transaction is committed, that a run was changed. A file
    /// has one instance.
    pub(crate) fn tell(&mut self) -> Result<()> {
        match &mut self.session {
            Session::Sqlite(_) => Ok(()),
            Session::Postgres(session) => session.tell(),
        }
    }

    /// Whether there is no connection because the server had no room for one more.
    pub(crate) fn is_crowded_out(&self) -> bool {
        match &self.session {
            Session::Sqlite(_) => false,
            Session::Postgres(session) => session.is_crowded_out(),
        }
    }

    /// Whether there is a connection, as far as is known.
    pub(crate) fn is_connected(&self) -> bool {
        match &self.session {
            Session::Sqlite(_) => true,
            Session::Postgres(session) => session.is_connected(),
        }
    }

    /// Waits so long before it is tried to connect again, or until the store is closed.
    pub(crate) fn stand_aside(&mut self, time: Duration, closed: &mut watch::Receiver<()>) {
        if let Session::Postgres(session) = &self.session {
            session.wait(time, closed);
        }
    }

    /// Whether no transaction is open, or the one that is cannot be committed any more.
    pub(crate) fn transaction_ended(&self) -> bool {
        match &self.session {
            Session::Sqlite(session) => session.transaction_ended(),
            Session::Postgres(session) => session.transaction_ended(),
        }
    }

    /// Whether what failed last is worth another run of the whole transaction, because it met another one or its
    /// connection broke before the commit.
    pub(crate) fn must_run_again(&self) -> bool {
        match &self.session {
            Session::Sqlite(_) => false,
            Session::Postgres(session) => session.must_run_again(),
        }
    }

    /// Forgets what the closure before did: another one begins.
    pub(crate) fn begin_closure(&mut self) {
        self.failure = None;
        self.left_traces = false;
    }

    /// Whether there is something of the closure in the transaction: what it wrote, or a failure, after which a server
    /// takes no more statements.
    pub(crate) fn left_traces(&self) -> bool {
        self.left_traces
    }

    /// The first failure since it was last taken.
    pub(crate) fn take_failure(&mut self) -> Option<Error> {
        self.failure.take()
    }

    /// Forbids writes while `work` runs.
    pub(crate) fn read_only(&mut self, work: impl FnOnce(&mut Self)) {
        // In memory neither can fail, and a read that could write is still a read.
        let _ = self.control("PRAGMA query_only = 1");
        work(self);
        let _ = self.control("PRAGMA query_only = 0");
    }

    /// Calls `visit` for each row of the answer and counts them.
    fn each(
        &mut self,
        sql: Sql,
        params: &[&dyn ToValue],
        visit: impl FnMut(&Row<'_>) -> Result<()>,
    ) -> Result<usize> {
        #[cfg(test)]
        self.explain(sql, params)?;
        self.expect_write(sql);
        let done = allowed(sql).and_then(|()| of_session!(self, session => session.each(sql, params, visit)));
        self.note(done)
    }

    /// Takes note of a statement that is about to run: one that fails half way may have changed something too.
    fn expect_write(&mut self, sql: Sql) {
        if sql.only_reads() {
            return;
        }
        self.left_traces = true;
        if self.card_changes.is_some() && !self.changes_cards {
            self.changes_cards = may_change_cards(sql);
        }
    }

    /// Keeps the plan of a statement that is about to run.
    #[cfg(test)]
    fn explain(&mut self, sql: Sql, params: &[&dyn ToValue]) -> Result<()> {
        let Some(plans) = &mut self.plans else { return Ok(()) };
        plans.push(of_session!(self, session => session.explain(sql, params))?);
        Ok(())
    }

    /// Remembers the first failure.
    fn note<T>(&mut self, done: Result<T>) -> Result<T> {
        if let Err(error) = &done {
            self.left_traces = true;
            self.failure.get_or_insert_with(|| error.clone());
        }
        done
    }
}

fn allowed(sql: Sql) -> Result<()> {
    if sql.controls_a_transaction() {
        let reason = "the store begins and ends transactions, no closure does".to_owned();
        return Err(Error::Statement { statement: sql.text(), reason });
    }
    Ok(())
}
