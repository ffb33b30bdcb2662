//! One state of a database in `PostgreSQL`, as a file: what a backup is made of.

use std::fs;
use std::path::Path;

use super::ends::End;
use super::tables::TABLES;
use super::{CopyError, compare, copy_table, mark};
use crate::sqlite::files;
use crate::{Error, Result, StoreSettings};

/// Copies what the database of `from` holds now into a new file, and compares the two.
pub(crate) fn snapshot(from: &StoreSettings, to: &Path, go_on: &dyn Fn() -> bool) -> Result<()> {
    let done = copy(from, to, go_on);
    // Nobody else knows of the file.
    let lock = files::beside(to, ".lock");
    if lock.exists() {
        fs::remove_file(&lock).map_err(|error| files::unusable(&lock, &error))?;
    }
    done.unwrap_or_else(|error| Err(as_of_store(error, to)))
}

fn copy(from: &StoreSettings, to: &Path, go_on: &dyn Fn() -> bool) -> Result<Result<()>, CopyError> {
    let mut source = End::state_of(from)?;
    let mut target = End::target(&StoreSettings { path: to.to_owned(), ..StoreSettings::default() })?;
    mark::forget_counters(&mut target)?;
    for table in TABLES {
        if !go_on() {
            return Ok(Err(Error::Closed));
        }
        copy_table(table, &mut source, &mut target, &mut |_| {})?;
    }
    let compared = compare::compare(&mut source, &mut target, &mut |_| {})?;
    let differences: Vec<_> = compared.into_iter().filter_map(|table| table.difference).collect();
    if !differences.is_empty() {
        let target = target.place().to_owned();
        return Err(CopyError::Different { target, finished: false, differences });
    }
    target.close();
    Ok(Ok(()))
}

fn as_of_store(error: CopyError, to: &Path) -> Error {
    match error {
        CopyError::Unusable { error, .. } | CopyError::Broken { error, .. } => error,
        other => Error::Unusable { path: to.to_owned(), reason: other.to_string() },
    }
}
