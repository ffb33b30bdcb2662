//! A connection, as a closure given to the store sees it.

use std::time::Duration;

use rusqlite::{CachedStatement, types::Null};

use crate::{Error, FromRow, InsertMany, Result, Row, Sql, ToValue, Value};

/// A connection inside a transaction of the store's. Statements are kept prepared, by their text.
///
/// It remembers the first statement that failed: a closure that returns `Ok` after one is answered with that
/// statement's error, because the transaction may no longer be what the closure believes.
pub struct Conn {
    sqlite: rusqlite::Connection,
    failure: Option<Error>,
}

impl Conn {
    pub(crate) fn new(sqlite: rusqlite::Connection) -> Self {
        Self { sqlite, failure: None }
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
        let done = (|| {
            let mut statement = prepare(&self.sqlite, sql, sql.text())?;
            bind_by_name(&mut statement, sql, params)?;
            statement.raw_execute().map_err(|error| Error::of_statement(&error, sql))
        })();
        self.note(done).map(|changed| changed as u64)
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
        let done = (|| {
            let mut statement = prepare(&self.sqlite, sql, sql.text())?;
            let mut changed = Vec::with_capacity(rows.len());
            for row in rows {
                bind_by_name(&mut statement, sql, &values(row))?;
                let count = statement.raw_execute().map_err(|error| Error::of_statement(&error, sql))?;
                changed.push(count as u64);
            }
            Ok(changed)
        })();
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
        let sql = insert.head();
        let done = (|| {
            let mut statement = prepare(&self.sqlite, sql, &insert.one_row())?;
            let mut inserted = 0;
            for row in rows {
                for (place, value) in values(row).iter().enumerate() {
                    bind(&mut statement, sql, place + 1, *value)?;
                }
                inserted += statement.raw_execute().map_err(|error| Error::of_statement(&error, sql))?;
            }
            Ok(inserted)
        })();
        self.note(done).map(|inserted| inserted as u64)
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

    /// Whether no transaction is open. FULL, IOERR, NOMEM and others may have ended the one that was, with
    /// everything in it; a savepoint would then open a new one, and the loss would go unseen.
    pub(crate) fn transaction_ended(&self) -> bool {
        self.sqlite.is_autocommit()
    }

    /// The first failure since it was last taken.
    pub(crate) fn take_failure(&mut self) -> Option<Error> {
        self.failure.take()
    }

    pub(crate) fn set_busy_timeout(&self, timeout: Duration) -> Result<()> {
        self.sqlite.busy_timeout(timeout).map_err(|error| Error::of_database(&error))
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
        mut visit: impl FnMut(&Row<'_>) -> Result<()>,
    ) -> Result<usize> {
        let mut number = 0;
        let done = (|| {
            let mut statement = prepare(&self.sqlite, sql, sql.text())?;
            bind_by_name(&mut statement, sql, params)?;
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next().map_err(|error| Error::of_statement(&error, sql))? {
                number += 1;
                visit(&Row::new(row, sql, number))?;
            }
            Ok(())
        })();
        self.note(done)?;
        Ok(number)
    }

    /// Remembers the first failure.
    fn note<T>(&mut self, done: Result<T>) -> Result<T> {
        if let Err(error) = &done
            && self.failure.is_none()
        {
            self.failure = Some(error.clone());
        }
        done
    }
}

fn prepare<'c>(sqlite: &'c rusqlite::Connection, sql: Sql, text: &str) -> Result<CachedStatement<'c>> {
    if sql.controls_a_transaction() {
        let reason = "the store begins and ends transactions, no closure does".to_owned();
        return Err(Error::Statement { statement: sql.text(), reason });
    }
    sqlite.prepare_cached(text).map_err(|error| Error::of_statement(&error, sql))
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
