//! Moves everything of one database into another, of either kind: table by table, in chunks, and compares them.
//!
//! Rows are read and written in the order of their keys, so where a copy stopped is where the target's keys end:
//! typed again, it goes on from there. Nobody else is in either database meanwhile, and no server starts on a target
//! that is not finished.

mod compare;
mod ends;
mod error;
mod mark;
mod state;
mod tables;

use domain::clock::Millis;

pub use compare::{Compared, Difference};
pub use error::CopyError;
pub(crate) use mark::refuse_unfinished;
pub(crate) use state::snapshot;
pub(crate) use tables::Values;

use self::ends::End;
use self::mark::Mark;
use self::tables::{TABLES, Table};
use crate::StoreSettings;

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub phase: Phase,
    /// The table.
    pub table: &'static str,
    /// Rows of the table that are done, those of an earlier run included.
    pub rows: u64,
    /// Rows of the table in the source.
    pub of: u64,
}

/// A part of the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Rows are written into the target.
    Copying,
    /// Both are read and compared.
    Comparing,
}

/// Copies the database of `from` into that of `to`, which must be new, empty, or what an earlier call with the same
/// source left; then compares them, and answers with the tables, which are equal. Where the copy had been finished
/// before, it only compares.
///
/// It blocks, and must not be called from inside of a runtime. `at` is the time that is noted in the target.
pub fn copy(
    from: &StoreSettings,
    to: &StoreSettings,
    at: Millis,
    progress: &mut dyn FnMut(Progress),
) -> Result<Vec<Compared>, CopyError> {
    ends::refuse_same(from, to)?;
    let mut source = End::source(from)?;
    let mut target = End::target(to)?;
    let mark = mark::begin(&mut source, &mut target, at)?;
    if mark == Mark::Unfinished {
        for table in TABLES {
            copy_table(table, &mut source, &mut target, progress)?;
        }
    }
    let compared = compare::compare(&mut source, &mut target, progress)?;
    let differences: Vec<Difference> = compared.iter().filter_map(|table| table.difference.clone()).collect();
    if !differences.is_empty() {
        return Err(CopyError::Different {
            target: target.place().to_owned(),
            finished: mark == Mark::Finished,
            differences,
        });
    }
    if mark == Mark::Unfinished {
        mark::finish(&source, &mut target, at)?;
    }
    source.close();
    target.close();
    Ok(compared)
}

fn copy_table(
    table: &'static Table,
    source: &mut End,
    target: &mut End,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), CopyError> {
    let of = source.read(|conn| table.count(conn))?;
    let mut rows = target.read(|conn| table.count(conn))?;
    let mut after = target.read(|conn| table.last_key(conn))?;
    loop {
        progress(Progress { phase: Phase::Copying, table: table.name, rows, of });
        let chunk = source.read(|conn| table.chunk(conn, after.as_ref()))?;
        let Some(last) = chunk.last() else { return Ok(()) };
        target.require_storable(table, &chunk)?;
        target.write(|conn| table.insert(conn, &chunk))?;
        rows += chunk.len() as u64;
        after = Some(table.key(last));
    }
}
