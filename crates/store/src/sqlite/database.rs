//! Opens the database file, makes it where there is none, and refuses what must not be touched.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::lock::{LastEnd, Lock};
use super::{files, migrate, refusal};
use crate::migration::{self, Migration};
use crate::{Conn, Error, Result, StoreSettings, backup};

/// "Pcrd", at byte 68 of each database of ours.
pub(super) const APPLICATION_ID: i32 = 0x5063_7264;
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// Bytes before the first page's content: no database is shorter.
const HEADER: usize = 100;
/// Where nobody knows of a good end, a database up to this size is checked with its indexes too: seconds.
const FULL_CHECK_UP_TO: u64 = 1 << 30;
/// So is any up to this size: milliseconds.
const ALWAYS_FULL_UP_TO: u64 = 16 << 20;
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
    // How the one before it ended says nothing of a database that was put in its place.
    let last_end = if backup::finish_restore(path)? { LastEnd::Unknown } else { lock.last_end() };
    if is_new(path)? {
        create(path, migrations)?;
    }
    let connection = accept(settings, last_end, migrations, judge).map_err(|error| of_file(path, error))?;
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

/// Opens a copy that nobody writes to, and leaves nothing beside it.
pub(crate) fn open_unchanging(path: &Path) -> Result<Connection> {
    let failed = |error: rusqlite::Error| Error::of_database(&error);
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(unchanging(path), flags).map_err(failed)?;
    configure(&connection).map_err(failed)?;
    Ok(connection)
}

/// Opens a copy to change it before it is put in place.
pub(crate) fn open_copy(path: &Path) -> Result<Connection> {
    connect(path, OpenFlags::empty()).map_err(|error| Error::of_database(&error))
}

/// The address of a file that `SQLite` may take for one that never changes.
fn unchanging(path: &Path) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-".contains(byte);
    let escaped =
        |byte: &u8| if plain(byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") };
    let path: String = path.as_os_str().as_encoded_bytes().iter().map(escaped).collect();
    format!("file:{path}?immutable=1")
}

/// Refuses a file that is not there, or no database of ours.
pub(crate) fn require_ours(path: &Path) -> Result<()> {
    if is_new(path)? {
        let reason = "there is no database".to_owned();
        return Err(Error::Unusable { path: path.to_owned(), reason });
    }
    Ok(())
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
    let mut header = Vec::with_capacity(HEADER);
    match File::open(path).and_then(|file| file.take(HEADER as u64).read_to_end(&mut header)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if files::length(&files::beside(path, "-wal")) > 0 {
                return Err(refusal::without_database(path));
            }
            return Ok(true);
        }
        Err(error) => return Err(files::unusable(path, &error)),
        Ok(_) => {}
    }
    if header.is_empty() {
        // A database of ours gets its name when it is whole.
        return Err(refusal::empty(path));
    }
    let not_ours = |reason: &str| Error::NotOurs { path: path.to_owned(), reason: reason.to_owned() };
    if !header.starts_with(MAGIC) {
        return Err(not_ours("it does not begin like one of SQLite"));
    }
    if header.len() < HEADER {
        return Err(refusal::damaged(path, "the file is cut off within its header"));
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

fn accept(
    settings: &StoreSettings,
    last_end: LastEnd,
    migrations: &[Migration],
    judge: Judge,
) -> Result<Connection> {
    let path = &settings.path;
    let broken = |error: rusqlite::Error| Error::of_database(&error);
    look_for_the_log(path, last_end)?;
    let unclean = last_end != LastEnd::Good || files::length(&files::beside(path, "-wal")) > 0;
    let connection = connect(path, OpenFlags::empty()).map_err(broken)?;
    // A refusal must not move the log into a database that it refuses.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(broken)?;
    connection.busy_timeout(settings.busy_timeout()).map_err(broken)?;
    if connection.is_readonly("main").map_err(broken)? {
        return Err(Error::Unusable { path: path.clone(), reason: "the file is read-only".to_owned() });
    }
    let up_to = if unclean { FULL_CHECK_UP_TO } else { ALWAYS_FULL_UP_TO };
    check(&connection, files::length(path) < up_to)?;
    let pending = judge(migrations, migrate::pending(&connection, migrations).map_err(as_damage)?)?;

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

/// Refuses a database whose log was taken away. `SQLite` makes the log before what it keeps beside it, -shm, and
/// removes it after.
fn look_for_the_log(path: &Path, last_end: LastEnd) -> Result<()> {
    if files::beside(path, "-wal").exists() {
        return Ok(());
    }
    if files::beside(path, "-shm").exists() {
        return Err(refusal::without_log(path));
    }
    if last_end == LastEnd::AtWork {
        tracing::warn!(
            database = %path.display(),
            "the server before this one did not end in good order, and its log is not there: another program has \
             emptied it into the database, or it was removed with what was written last"
        );
    }
    Ok(())
}

/// Refuses a damaged database. The full check compares each index with its table and takes several times as
/// long.
pub(crate) fn check(connection: &Connection, full: bool) -> Result<()> {
    let pragma = if full { "integrity_check" } else { "quick_check" };
    let found: String = connection
        .pragma_query_value(None, pragma, |row| row.get(0))
        .map_err(|error| as_damage(Error::of_database(&error)))?;
    if found == "ok" { Ok(()) } else { Err(Error::Damaged { reason: found }) }
}

/// These statements are right for each database of ours: where one is not understood, it is the database.
pub(crate) fn as_damage(error: Error) -> Error {
    match error {
        Error::Statement { reason, .. } => Error::Damaged { reason },
        other => other,
    }
}

pub(crate) fn connect(path: &Path, create: OpenFlags) -> rusqlite::Result<Connection> {
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
pub(crate) fn of_file(path: &Path, error: Error) -> Error {
    match error {
        Error::Damaged { reason } => refusal::damaged(path, &reason),
        Error::Storage { reason } => Error::Unusable { path: path.to_owned(), reason },
        Error::StorageFull => {
            Error::Unusable { path: path.to_owned(), reason: "the disk is full".to_owned() }
        }
        other => other,
    }
}

/// Empties the log into the database and closes it. `readers` have gone: while one reads, the log cannot be emptied.
pub(crate) fn close(mut conn: Conn, mut lock: Lock) {
    let emptied = conn.control("PRAGMA wal_checkpoint(TRUNCATE)").and_then(|()| lock.note_closed());
    if let Err(error) = emptied {
        tracing::warn!(%error, "could not empty the log; the next start reads it");
    }
    drop(conn);
    drop(lock);
}

/// Bytes on the disk: of the database, and of its log.
pub(crate) fn sizes(path: &Path) -> (u64, u64) {
    (files::length(path), files::length(&files::beside(path, "-wal")))
}
