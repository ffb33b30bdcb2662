//! What a target says of the copy into it: what is copied, and whether it is finished.

use domain::clock::Millis;

use super::CopyError;
use super::ends::End;
use super::tables::TABLES;
use crate::conn::Dialect;
use crate::{Conn, Error, Result, Sql};

const READ: Sql = Sql::new("SELECT source, finished_at FROM copies");
const BEGIN: Sql = Sql::new("INSERT INTO copies (source, begun_at) VALUES ($1, $2)");
const FINISH: Sql = Sql::new("UPDATE copies SET finished_at = $2 WHERE source = $1 AND finished_at IS NULL");
/// A new database has a row in this table, which is copied like any other.
const FORGET_COUNTERS: Sql = Sql::new("DELETE FROM counters");
/// Numbers that a server gives out itself go on after the largest.
const GO_ON_NUMBERING: Sql = Sql::new(
    "SELECT setval(pg_get_serial_sequence('cards', 'number'), COALESCE(MAX(number), 0) + 1, false) FROM cards",
);
/// So many new rows would be planned for as if there were none.
const COUNT_ROWS: Sql = Sql::new("ANALYZE");

/// How a target was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// Something is left to be done, or all.
    Unfinished,
    /// It was copied whole before.
    Finished,
}

/// Refuses a database that a copy was begun into and not finished.
pub(crate) fn refuse_unfinished(conn: &mut Conn) -> Result<()> {
    match conn.query_opt::<(String, Option<Millis>)>(READ, &[])? {
        Some((source_place, None)) => Err(Error::HalfCopied { source_place }),
        _ => Ok(()),
    }
}

/// Marks an empty target. Refuses one with data that is not a copy of this source.
pub(super) fn begin(source: &mut End, target: &mut End, at: Millis) -> Result<Mark, CopyError> {
    let found = target.read(|conn| conn.query_opt::<(String, Option<Millis>)>(READ, &[]))?;
    let of_this = found.as_ref().is_some_and(|(of, _)| of == source.place());
    match found {
        Some((_, Some(_))) if of_this => return Ok(Mark::Finished),
        Some((_, None)) if of_this => return Ok(Mark::Unfinished),
        Some((other, None)) => {
            return Err(CopyError::OfAnother { target: target.place().to_owned(), other });
        }
        _ => {}
    }
    for table in TABLES.iter().filter(|table| table.name != "counters") {
        if target.read(|conn| table.last_key(conn))?.is_some() {
            return Err(CopyError::NotEmpty { target: target.place().to_owned(), table: table.name });
        }
    }
    target.write(|conn| {
        conn.execute(FORGET_COUNTERS, &[])?;
        conn.execute(BEGIN, &[&source.place(), &at])
    })?;
    Ok(Mark::Unfinished)
}

/// Removes what a new database counts from.
pub(super) fn forget_counters(target: &mut End) -> Result<(), CopyError> {
    target.write(|conn| conn.execute(FORGET_COUNTERS, &[]).map(drop))
}

/// Lets servers start on the target.
pub(super) fn finish(source: &End, target: &mut End, at: Millis) -> Result<(), CopyError> {
    target.write(|conn| {
        if conn.dialect() == Dialect::Postgres {
            conn.query_one::<i64>(GO_ON_NUMBERING, &[])?;
            conn.execute(COUNT_ROWS, &[])?;
        }
        conn.execute(FINISH, &[&source.place(), &at]).map(drop)
    })
}
