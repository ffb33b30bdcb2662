//! Why a database was not copied.

use super::Difference;
use crate::Error;

/// Why a database was not copied, or not wholly.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CopyError {
    /// Nothing is there to be copied.
    #[error("there is no database at {place}; nothing was changed")]
    NoSource {
        /// Where.
        place: String,
    },
    /// Both are the same database.
    #[error("source and target are the same database, {place}; nothing was changed")]
    Same {
        /// Which.
        place: String,
    },
    /// One of them cannot be opened, or must not be.
    #[error("{place}: {error}")]
    Unusable {
        /// Which.
        place: String,
        /// Why.
        error: Error,
    },
    /// The target holds data of its own.
    #[error(
        "{target} is not empty: there are rows in {table}, and they are no copy of this source; \
         nothing was changed, name a new folder or an empty database"
    )]
    NotEmpty {
        /// The target.
        target: String,
        /// The first table with a row.
        table: &'static str,
    },
    /// The target is half a copy of another database.
    #[error(
        "a copy from {other} into {target} was begun and is not finished; nothing was changed, \
         go on with that one or name a new folder or an empty database"
    )]
    OfAnother {
        /// The target.
        target: String,
        /// What it is half a copy of.
        other: String,
    },
    /// A row that the target's database cannot hold.
    #[error(
        "the row {key} of {table} cannot be copied: {reason}; the source is as it was, \
         change that row there and type the same again"
    )]
    Unstorable {
        /// Its table.
        table: &'static str,
        /// Its key.
        key: String,
        /// Why.
        reason: String,
    },
    /// Something failed on the way.
    #[error(
        "{place}: {error}. What was copied before is kept, and the source is as it was: \
         type the same again when it can be done, and it goes on"
    )]
    Broken {
        /// Where.
        place: String,
        /// What.
        error: Error,
    },
    /// The copy is not equal to the source.
    #[error("{}", different(.target, *.finished, .differences))]
    Different {
        /// The target.
        target: String,
        /// Whether it had been finished by an earlier call, and may have been used since.
        finished: bool,
        /// The tables that differ, at least one.
        differences: Vec<Difference>,
    },
}

fn different(target: &str, finished: bool, differences: &[Difference]) -> String {
    let tables: Vec<String> = differences
        .iter()
        .map(|difference| {
            let Difference { table, source_rows, target_rows, first_key } = difference;
            format!("{table} has {target_rows} rows for {source_rows}, the first that differs is {first_key}")
        })
        .collect();
    let remedy = if finished {
        "the copy had been finished, and one of the two was changed since; nothing was changed now"
    } else {
        "one of the two was changed while it was copied; \
         no server starts on it, remove it and copy again into a new one"
    };
    format!("{target} is not equal to the source: {}. {remedy}", tables.join("; "))
}
