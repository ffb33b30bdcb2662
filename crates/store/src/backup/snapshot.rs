//! A copy of the database as it is now, made while others write to it.

use std::fs::File;
use std::path::Path;

use rusqlite::OpenFlags;
use rusqlite::backup::{Backup, StepResult};

use crate::sqlite::{database, files};
use crate::{Error, Result, StoreSettings, copy};

/// Pages that are copied at once: 1 MB.
const PAGES: i32 = 256;

/// Copies the database of `settings`, as it is now, into `to`, a file that must not be there. It blocks, and it
/// may run beside a server: it reads one state of the database and takes no lock that a write waits for. Of a
/// database in `PostgreSQL` the copy is a file, too.
///
/// It ends with [`Error::Closed`] when `go_on` says no. What it leaves then is for the caller to remove.
pub fn snapshot(settings: &StoreSettings, to: &Path, go_on: &dyn Fn() -> bool) -> Result<()> {
    match &settings.database_url {
        None => of_file(settings, to, go_on),
        Some(_) => copy::snapshot(settings, to, go_on),
    }
}

fn of_file(settings: &StoreSettings, to: &Path, go_on: &dyn Fn() -> bool) -> Result<()> {
    database::require_ours(&settings.path)?;
    let source = database::open_reader(settings)?;
    let failed = |error: rusqlite::Error| Error::of_database(&error);
    // From its first read on, this transaction sees one state; without it, each write of another would make the
    // copy begin again.
    source.execute_batch("BEGIN; SELECT COUNT(*) FROM sqlite_schema").map_err(failed)?;
    let mut target = database::connect(to, OpenFlags::SQLITE_OPEN_CREATE).map_err(failed)?;
    // Half a copy is thrown away: it needs no journal.
    target.pragma_update(None, "journal_mode", "OFF").map_err(failed)?;
    target.pragma_update(None, "synchronous", "OFF").map_err(failed)?;
    let written = File::open(to).map_err(|error| files::unusable(to, &error))?;
    let backup = Backup::new(&source, &mut target).map_err(failed)?;
    while backup.step(PAGES).map_err(failed)? != StepResult::Done {
        if !go_on() {
            return Err(Error::Closed);
        }
        // What is not yet on the disk is little at any time: a commit of the server waits for all of it.
        written.sync_data().map_err(|error| files::unusable(to, &error))?;
    }
    drop(backup);
    target.close().map_err(|(_, error)| failed(error))?;
    written.sync_all().map_err(|error| files::unusable(to, &error))
}
