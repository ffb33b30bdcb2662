//! Rows, and the types made of them.

use std::borrow::Cow;
use std::fmt::Display;
use std::str::FromStr;

use rusqlite::types::ValueRef;

use crate::{Error, FromColumn, Result, Sql, Value, postgres};

/// One row of an answer.
pub struct Row<'a> {
    source: Source<'a>,
    sql: Sql,
    number: usize,
}

enum Source<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a tokio_postgres::Row),
}

/// What is made of a row: a value of one column, a tuple, or a struct of yours.
///
/// ```
/// # use store::{FromRow, Result, Row};
/// struct Tag { name: String, cards: i64 }
///
/// impl FromRow for Tag {
///     fn from_row(row: &Row<'_>) -> Result<Self> {
///         Ok(Self { name: row.get(0)?, cards: row.get("cards")? })
///     }
/// }
/// ```
pub trait FromRow: Sized {
    /// Reads the columns. A value that contradicts our rules is [`Error::Corrupt`].
    fn from_row(row: &Row<'_>) -> Result<Self>;
}

/// A column of an answer: its place, counted from 0, or its name, which costs a search.
pub trait ColumnIndex: Copy + Display {
    /// The place of the column in `row`, if there is one.
    fn place(self, row: &Row<'_>) -> Option<usize>;
}

impl ColumnIndex for usize {
    fn place(self, _row: &Row<'_>) -> Option<usize> {
        Some(self)
    }
}

impl ColumnIndex for &str {
    fn place(self, row: &Row<'_>) -> Option<usize> {
        match row.source {
            Source::Sqlite(found) => found.as_ref().column_index(self).ok(),
            Source::Postgres(found) => found.columns().iter().position(|column| column.name() == self),
        }
    }
}

impl<'a> Row<'a> {
    pub(crate) fn of_sqlite(row: &'a rusqlite::Row<'a>, sql: Sql, number: usize) -> Self {
        Self { source: Source::Sqlite(row), sql, number }
    }

    pub(crate) fn of_postgres(row: &'a tokio_postgres::Row, sql: Sql, number: usize) -> Self {
        Self { source: Source::Postgres(row), sql, number }
    }

    /// The value of a column.
    pub fn get<T: FromColumn>(&self, column: impl ColumnIndex) -> Result<T> {
        T::from_column(self.value(column)?).map_err(|reason| self.corrupt(column, reason))
    }

    /// The text of a column, read as a `T` without a copy of it: an enumeration's word, a number in text.
    pub fn parse<T>(&self, column: impl ColumnIndex) -> Result<T>
    where
        T: FromStr,
        T::Err: Display,
    {
        match self.value(column)? {
            Value::Text(text) => text.parse().map_err(|reason| self.corrupt(column, reason)),
            other => Err(self.corrupt(column, format!("{other:?} where text belongs"))),
        }
    }

    /// The error for a column whose value contradicts our rules, for checks of your own.
    pub fn corrupt(&self, column: impl ColumnIndex, reason: impl Display) -> Error {
        let column = column
            .place(self)
            .and_then(|place| self.name(place))
            .map_or_else(|| column.to_string(), str::to_owned);
        let row = match self.value(0) {
            Ok(Value::Text(id)) => id.chars().take(64).collect(),
            Ok(Value::Integer(id)) => id.to_string(),
            _ => format!("number {} of the answer", self.number),
        };
        Error::Corrupt { table: self.sql.table().to_owned(), column, row, reason: reason.to_string() }
    }

    /// How many columns it has.
    pub(crate) fn width(&self) -> usize {
        match self.source {
            Source::Sqlite(row) => row.as_ref().column_count(),
            Source::Postgres(row) => row.len(),
        }
    }

    fn name(&self, place: usize) -> Option<&str> {
        match self.source {
            Source::Sqlite(row) => row.as_ref().column_name(place).ok(),
            Source::Postgres(row) => row.columns().get(place).map(tokio_postgres::Column::name),
        }
    }

    fn value(&self, column: impl ColumnIndex) -> Result<Value<'a>> {
        let place = column.place(self).ok_or_else(|| self.missing(column))?;
        match self.source {
            Source::Sqlite(row) => match row.get_ref(place).map_err(|_| self.missing(column))? {
                ValueRef::Null => Ok(Value::Null),
                ValueRef::Integer(number) => Ok(Value::Integer(number)),
                ValueRef::Real(number) => Ok(Value::Real(number)),
                ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
                    Ok(text) => Ok(Value::Text(Cow::Borrowed(text))),
                    Err(error) => Err(self.unreadable(column, &error.to_string())),
                },
                ValueRef::Blob(_) => Err(self.unreadable(column, "bytes, and no column of ours holds bytes")),
            },
            Source::Postgres(row) if place < row.len() => {
                postgres::value(row, place).map_err(|reason| self.unreadable(column, &reason))
            }
            Source::Postgres(_) => Err(self.missing(column)),
        }
    }

    fn missing(&self, column: impl ColumnIndex) -> Error {
        Error::Statement { statement: self.sql.text(), reason: format!("its answer has no column {column}") }
    }

    fn unreadable(&self, column: impl ColumnIndex, reason: &str) -> Error {
        Error::Corrupt {
            table: self.sql.table().to_owned(),
            column: column.to_string(),
            row: format!("number {} of the answer", self.number),
            reason: reason.to_owned(),
        }
    }
}

impl<T: FromColumn> FromRow for T {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        row.get(0)
    }
}

macro_rules! tuples {
    ($(($($type:ident $place:tt),+))*) => {$(
        impl<$($type: FromColumn),+> FromRow for ($($type,)+) {
            fn from_row(row: &Row<'_>) -> Result<Self> {
                Ok(($(row.get::<$type>($place)?,)+))
            }
        }
    )*};
}
tuples! {
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
}
