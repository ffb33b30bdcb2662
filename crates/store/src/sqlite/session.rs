//! A connection to the file: its transactions and its statements.

#[cfg(test)]
mod explain;

use std::hash::{BuildHasher, RandomState};
use std::thread;
use std::time::Duration;

use rusqlite::{CachedStatement, types::Null};

use crate::conn::Isolation;
use crate::{Error, InsertMany, Result, Row, Sql, ToValue, Value};

/// Pauses before a transaction that another program keeps from beginning is tried again.
const PAUSES: [Duration; 3] =
    [Duration::from_millis(50), Duration::from_millis(200), Duration::from_millis(800)];

pub(crate) struct Session {
    sqlite: rusqlite::Connection,
    busy_timeout: Duration,
    /// Another program held the database when it was last asked for: then the next transaction does not wait
    /// for the whole time limit again, or the queue would never be answered.
    held: bool,
}

impl Session {
    pub(crate) fn new(sqlite: rusqlite::Connection, busy_timeout: Duration) -> Self {
        Self { sqlite, busy_timeout, held: false }
    }

    /// Begins a transaction. One that writes waits for another program, but not for ever.
    pub(crate) fn begin(&mut self, isolation: Isolation) -> Result<()> {
        self.roll_back();
        if isolation == Isolation::Snapshot {
            return self.control("BEGIN");
        }
        let patience = if self.held { Duration::ZERO } else { self.busy_timeout };
        self.set_busy_timeout(patience)?;
        let mut outcome = self.control("BEGIN IMMEDIATE");
        if outcome == Err(Error::Busy) {
            self.set_busy_timeout(Duration::ZERO)?;
            outcome = self.again("BEGIN IMMEDIATE");
        }
        self.held = outcome == Err(Error::Busy);
        outcome
    }

    /// Commits. After an error the transaction is gone.
    pub(crate) fn commit(&mut self) -> Result<()> {
        let mut outcome = self.control("COMMIT");
        if outcome == Err(Error::Busy) {
            // The transaction is still open, so this is not a second one.
            outcome = self.again("COMMIT");
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

    pub(crate) fn roll_back(&mut self) {
        if !self.transaction_ended()
            && let Err(error) = self.control("ROLLBACK")
        {
            tracing::error!(%error, "could not roll back; the next transaction will say so again");
        }
    }

    /// Whether no transaction is open. FULL, IOERR, NOMEM and others may have ended the one that was, with
    /// everything in it; a savepoint would then open a new one, and the loss would go unseen.
    pub(crate) fn transaction_ended(&self) -> bool {
        self.sqlite.is_autocommit()
    }

    /// Runs a statement of the store's own that takes no values: of a transaction, or a setting.
    pub(crate) fn control(&self, text: &'static str) -> Result<()> {
        let done = self.sqlite.prepare_cached(text).and_then(|mut statement| {
            let mut rows = statement.raw_query();
            while rows.next()?.is_some() {}
            Ok(())
        });
        done.map_err(|error| Error::of_statement(&error, Sql::new(text)))
    }

    /// Calls `visit` for each row of the answer and counts them.
    pub(crate) fn each(
        &self,
        sql: Sql,
        params: &[&dyn ToValue],
        mut visit: impl FnMut(&Row<'_>) -> Result<()>,
    ) -> Result<usize> {
        let mut number = 0;
        let mut statement = self.prepare(sql, sql.text())?;
        bind_by_name(&mut statement, sql, params)?;
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().map_err(|error| Error::of_statement(&error, sql))? {
            number += 1;
            visit(&Row::of_sqlite(row, sql, number))?;
        }
        Ok(number)
    }

    /// Runs the statement once for each row of parameters, and says of each how many rows it changed.
    pub(crate) fn execute_many<'r, const N: usize, R>(
        &self,
        sql: Sql,
        rows: &'r [R],
        values: impl Fn(&'r R) -> [&'r dyn ToValue; N],
    ) -> Result<Vec<u64>> {
        let mut statement = self.prepare(sql, sql.text())?;
        let mut changed = Vec::with_capacity(rows.len());
        for row in rows {
            bind_by_name(&mut statement, sql, &values(row))?;
            changed.push(statement.raw_execute().map_err(|error| Error::of_statement(&error, sql))? as u64);
        }
        Ok(changed)
    }

    pub(crate) fn execute(&self, sql: Sql, params: &[&dyn ToValue]) -> Result<u64> {
        let mut statement = self.prepare(sql, sql.text())?;
        bind_by_name(&mut statement, sql, params)?;
        statement.raw_execute().map(|rows| rows as u64).map_err(|error| Error::of_statement(&error, sql))
    }

    pub(crate) fn insert_many<'r, const N: usize, R>(
        &self,
        insert: &InsertMany<N>,
        rows: &'r [R],
        values: impl Fn(&'r R) -> [&'r dyn ToValue; N],
    ) -> Result<u64> {
        let sql = insert.head();
        let mut statement = self.prepare(sql, &insert.one_row())?;
        let mut inserted = 0;
        for row in rows {
            for (place, value) in values(row).iter().enumerate() {
                bind(&mut statement, sql, place + 1, *value)?;
            }
            inserted += statement.raw_execute().map_err(|error| Error::of_statement(&error, sql))?;
        }
        Ok(inserted as u64)
    }

    fn set_busy_timeout(&self, timeout: Duration) -> Result<()> {
        self.sqlite.busy_timeout(timeout).map_err(|error| Error::of_database(&error))
    }

    fn again(&self, statement: &'static str) -> Result<()> {
        let mut outcome = Err(Error::Busy);
        for pause in PAUSES {
            // A quarter less at random: two programs that meet once should not meet each time.
            let share = u32::try_from(RandomState::new().hash_one(pause) % 256).unwrap_or_default();
            thread::sleep(pause * (1024 - share) / 1024);
            outcome = self.control(statement);
            if outcome != Err(Error::Busy) {
                break;
            }
        }
        outcome
    }

    fn prepare(&self, sql: Sql, text: &str) -> Result<CachedStatement<'_>> {
        self.sqlite.prepare_cached(text).map_err(|error| Error::of_statement(&error, sql))
    }
}

/// `$1` is a name to `SQLite`, numbered by its first use: bound by place, `$2 … $1` would swap in silence.
fn bind_by_name(statement: &mut CachedStatement<'_>, sql: Sql, params: &[&dyn ToValue]) -> Result<()> {
    let wrong = |reason: String| Error::Statement { statement: sql.text(), reason };
    let count = statement.parameter_count();
    if count != params.len() {
        return Err(wrong(format!("it has {count} parameters and was given {}", params.len())));
    }
    for place in 1..=count {
        let name = statement.parameter_name(place).unwrap_or_default();
        let value = name
            .strip_prefix('$')
            .and_then(|number| number.parse::<usize>().ok())
            .and_then(|number| params.get(number.checked_sub(1)?))
            .ok_or_else(|| wrong(format!("its parameter `{name}` is not one of $1 to ${count}")))?;
        bind(statement, sql, place, *value)?;
    }
    Ok(())
}

fn bind(statement: &mut CachedStatement<'_>, sql: Sql, place: usize, value: &dyn ToValue) -> Result<()> {
    match value.to_value()? {
        Value::Null => statement.raw_bind_parameter(place, Null),
        Value::Integer(number) => statement.raw_bind_parameter(place, number),
        Value::Real(number) => statement.raw_bind_parameter(place, number),
        Value::Text(text) => statement.raw_bind_parameter(place, text.as_ref()),
    }
    .map_err(|error| Error::of_statement(&error, sql))
}
