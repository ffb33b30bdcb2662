//! Opens the database file, makes it where there is none, and refuses what must not be touched.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::{Lock, files, migrate};
use crate::migration::{self, Migration};
use crate::{Error, Result, StoreSettings};

/// "Pcrd", at byte 68 of each database of ours.
const APPLICATION_ID: i32 = 0x5063_7264;
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// After an unclean end, a database up to this size is checked with its indexes too.
const FULL_CHECK_UP_TO: u64 = 1 << 30;
/// Versions before can damage a database in WAL mode that has several connections.
const OLDEST_SQLITE: i32 = 3_051_003;
const WRITER_STATEMENTS: usize = 128;
const READER_STATEMENTS: usize = 64;

/// Opens the database for writing, with the schema of `migrations`. The lock must outlive the connection.
pub(crate) fn open(settings: &StoreSettings, migrations: &[Migration]) -> Result<(Connection, Lock)> {
    open_at(settings, migrations, |_, pending| Ok(pending))
}

/// As [`open`], but a database of an older schema is refused and not brought forward.
pub(crate) fn open_current(settings: &StoreSettings, migrations: &[Migration]) -> Result<(Connection, Lock)> {
    open_at(settings, migrations, migration::none_pending)
}

/// What to do about the steps that a database lacks: those that are to be applied, out of all and those.
type Judge = for<'m> fn(&'m [Migration], &'m [Migration]) -> Result<&'m [Migration]>;

fn open_at(settings: &StoreSettings, migrations: &[Migration], judge: Judge) -> Result<(Connection, Lock)> {
    if rusqlite::version_number() < OLDEST_SQLITE {
        return Err(Error::OldSqlite { version: rusqlite::version().to_owned() });
    }
    let path = &settings.path;
    let lock = Lock::take(path)?;
    if is_new(path)? {
        create(path, migrations)?;
    }
    let connection = accept(settings, migrations, judge).map_err(|error| of_file(path, error))?;
    Ok((connection, lock))
}

/// Opens one more connection, which can only read.
pub(crate) fn open_reader(settings: &StoreSettings) -> Result<Connection> {
    let open = || {
        let connection = connect(&settings.path, OpenFlags::empty())?;
        tune(&connection, settings)?;
        connection.pragma_update(None, "query_only", true)?;
        // Only the writer moves the log into the database.
        connection.pragma_update(None, "wal_autocheckpoint", 0)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        connection.set_prepared_statement_cache_capacity(READER_STATEMENTS);
        Ok(connection)
    };
    open().map_err(|error: rusqlite::Error| of_file(&settings.path, Error::of_database(&error)))
}

/// A database in memory with the schema of `migrations`.
pub(crate) fn open_in_memory(migrations: &[Migration]) -> Result<Connection> {
    let open = || {
        let connection = Connection::open_in_memory()?;
        configure(&connection)?;
        connection.set_prepared_statement_cache_capacity(WRITER_STATEMENTS);
        Ok(connection)
    };
    let connection = open().map_err(|error: rusqlite::Error| Error::of_database(&error))?;
    migrate::apply(&connection, migrations)?;
    Ok(connection)
}

/// Whether there is no database yet. Looks at the bytes before `SQLite` gets to touch them.
fn is_new(path: &Path) -> Result<bool> {
    let mut header = Vec::with_capacity(100);
    match File::open(path).and_then(|file| file.take(100).read_to_end(&mut header)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if files::length(&files::beside(path, "-wal")) > 0 {
                let reason = format!("{} is missing, but its log, -wal, is there", path.display());
                return Err(Error::Damaged { reason });
            }
            return Ok(true);
        }
        Err(error) => return Err(files::unusable(path, &error)),
        Ok(_) => {}
    }
    if header.is_empty() {
        // A database of ours gets its name when it is whole.
        return Err(Error::Damaged { reason: format!("{} is empty", path.display()) });
    }
    let not_ours = |reason: &str| Error::NotOurs { path: path.to_owned(), reason: reason.to_owned() };
    if !header.starts_with(MAGIC) {
        return Err(not_ours("it does not begin like one of SQLite"));
    }
    if header.get(68..72) != Some(&APPLICATION_ID.to_be_bytes()) {
        return Err(not_ours("it belongs to another program that uses SQLite"));
    }
    Ok(false)
}

/// Makes the database under another name and gives it its own when it is whole, so that a crash in between
/// leaves nothing that could be taken for a database.
fn create(path: &Path, migrations: &[Migration]) -> Result<()> {
    let draft = files::beside(path, ".new");
    files::discard(&draft)?;
    let make = || {
        let connection = connect(&draft, OpenFlags::SQLITE_OPEN_CREATE)?;
        connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
        connection.pragma_update(None, "application_id", APPLICATION_ID)?;
        Ok(connection)
    };
    let connection = make().map_err(|error: rusqlite::Error| of_file(path, Error::of_database(&error)))?;
    migrate::apply(&connection, migrations).map_err(|error| of_file(path, error))?;
    drop(connection);
    files::finish(&draft, path)
}

fn accept(settings: &StoreSettings, migrations: &[Migration], judge: Judge) -> Result<Connection> {
    let path = &settings.path;
    let broken = |error: rusqlite::Error| Error::of_database(&error);
    let unclean = files::length(&files::beside(path, "-wal")) > 0;
    let connection = connect(path, OpenFlags::empty()).map_err(broken)?;
    // A refusal must not move the log into a database that it refuses.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(broken)?;
    connection.busy_timeout(settings.busy_timeout()).map_err(broken)?;
    if connection.is_readonly("main").map_err(broken)? {
        return Err(Error::Unusable { path: path.clone(), reason: "the file is read-only".to_owned() });
    }
    check(&connection, unclean && files::length(path) < FULL_CHECK_UP_TO)?;
    let pending = judge(migrations, migrate::pending(&connection, migrations)?)?;

    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false).map_err(broken)?;
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0)).map_err(broken)?;
    if mode != "wal" {
        let reason = "its file system cannot hold a log that is shared in memory".to_owned();
        return Err(Error::Unusable { path: path.clone(), reason });
    }
    tune(&connection, settings).map_err(broken)?;
    if let Some(next) = pending.first() {
        migrate::back_up(&connection, path, next)?;
        migrate::apply(&connection, pending)?;
    }
    connection.set_prepared_statement_cache_capacity(WRITER_STATEMENTS);
    Ok(connection)
}

/// Refuses a damaged database. The full check compares each index with its table and takes several times as
/// long.
fn check(connection: &Connection, full: bool) -> Result<()> {
    let pragma = if full { "integrity_check" } else { "quick_check" };
    let found: String = connection
        .pragma_query_value(None, pragma, |row| row.get(0))
        .map_err(|error| Error::of_database(&error))?;
    if found == "ok" { Ok(()) } else { Err(Error::Damaged { reason: found }) }
}

fn connect(path: &Path, create: OpenFlags) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | create;
    let connection = Connection::open_with_flags(path, flags)?;
    configure(&connection)?;
    Ok(connection)
}

/// What holds for each connection, of whatever purpose.
fn configure(connection: &Connection) -> rusqlite::Result<()> {
    // Without this, a statement is planned anew whenever a bound value might change its plan: each claim.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // `"no such column"` is an error, not a text.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    Ok(())
}

fn tune(connection: &Connection, settings: &StoreSettings) -> rusqlite::Result<()> {
    connection.busy_timeout(settings.busy_timeout())?;
    // NORMAL loses acknowledged writes when the power goes.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "mmap_size", 0)?;
    // A savepoint has the pages copied that change in it: into memory, not into a file for each.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "cache_size", -i64::from(settings.cache_kib))?;
    // After a burst the log is cut back to this.
    connection.pragma_update(None, "journal_size_limit", 64 << 20)
}

/// At a start nothing was to be stored yet: an error of the disk is one of this file.
fn of_file(path: &Path, error: Error) -> Error {
    match error {
        Error::Storage { reason } => Error::Unusable { path: path.to_owned(), reason },
        Error::StorageFull => {
            Error::Unusable { path: path.to_owned(), reason: "the disk is full".to_owned() }
        }
        other => other,
    }
}

/// Bytes on the disk: the database and its log.
pub(crate) fn size(path: &Path) -> u64 {
    let database = fs::metadata(path).map_or(0, |metadata| metadata.len());
    database + files::length(&files::beside(path, "-wal"))
}
