//! What can go wrong, by what the caller can do about it.

use std::path::PathBuf;

use rusqlite::ErrorCode;

use crate::Sql;

/// The result of everything here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why the store did not do what was asked.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// More work is queued than the store accepts. Nothing was begun; try again in a second.
    #[error("more work waits for the database than is accepted; nothing was stored, try again in a second")]
    Overloaded,
    /// Another program holds the database. Nothing was stored; try again.
    #[error("another program holds the database; nothing was stored, try again when it has ended")]
    Busy,
    /// The disk is full. Nothing was stored; reads still work.
    #[error("the disk is full; nothing was stored, free some space and try again")]
    StorageFull,
    /// The system refused a read, a write or memory before anything was committed. Nothing was stored.
    #[error(
        "the files of the database could not be used ({reason}); nothing was stored, look at the disk and the log of the system"
    )]
    Storage {
        /// What the database said.
        reason: String,
    },
    /// The database failed in the middle of a commit: the write may or may not be there. Look before it is
    /// repeated.
    #[error(
        "the database failed while the work was being stored ({reason}); it may or may not be there, look first"
    )]
    OutcomeUnknown {
        /// What the database said.
        reason: String,
    },
    /// The database server cannot be reached or cannot write now. Nothing was stored; try again.
    #[error("the database server cannot do it now ({reason}); nothing was stored, try again when it can")]
    Unavailable {
        /// What it said, or why it could not be asked.
        reason: String,
    },
    /// The database server is not the one that it should be, or would listen in the clear. Nothing was stored.
    #[error(
        "the database server cannot be trusted: {reason}; no password was sent to it and nothing was stored"
    )]
    Untrusted {
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// Other writes came in between, each time. Nothing was stored; try again.
    #[error("other writes came in between again and again; nothing was stored, try again in a second")]
    Conflicted,
    /// The store was closed, or its thread ended. The work was not begun.
    #[error("the store is closed; nothing was stored, start the server again")]
    Closed,
    /// The deadline of a close passed with work unfinished.
    #[error(
        "the store was still at work when the time to close it was over; what was acknowledged is stored"
    )]
    NotClosed,

    /// A constraint of the schema forbids the write. Nothing of the closure was stored.
    #[error("the database refused the write: {reason}")]
    Constraint {
        /// Which kind of constraint.
        kind: Constraint,
        /// What the database said: table and column.
        reason: String,
    },
    /// A stored value contradicts our rules.
    #[error("the database holds a value in {table}.{column}, row {row}, that does not fit: {reason}")]
    Corrupt {
        /// The table that the statement names first.
        table: String,
        /// The column, as the statement names it.
        column: String,
        /// The first column of the row, or its place in the answer.
        row: String,
        /// What is wrong with the value.
        reason: String,
    },
    /// A parameter that the database cannot hold.
    #[error("a value cannot be stored: {reason}")]
    Parameter {
        /// What is wrong with it.
        reason: String,
    },
    /// A statement that must answer one row answered none.
    #[error("a row is missing that must be there, asked by `{statement}`")]
    NoRow {
        /// The statement.
        statement: &'static str,
    },
    /// A statement that must answer one row answered several.
    #[error("there are several rows where one must be, asked by `{statement}`")]
    ManyRows {
        /// The statement.
        statement: &'static str,
    },
    /// A statement is wrong. A fault of the program.
    #[error("the statement `{statement}` failed: {reason}")]
    Statement {
        /// The statement.
        statement: &'static str,
        /// What the database said.
        reason: String,
    },
    /// The closure panicked. A fault of the program; nothing of the closure was stored.
    #[error("the program failed inside a transaction ({message}); nothing was stored")]
    Panicked {
        /// What the panic said.
        message: String,
    },

    /// A setting is wrong.
    #[error("store.{setting} is {value}; it must be {wanted}")]
    Setting {
        /// The name of the setting.
        setting: &'static str,
        /// Its value.
        value: String,
        /// What it must be.
        wanted: String,
    },
    /// A server runs on this database, or a copy of it is being made.
    #[error(
        "another server or copy{} uses {}; nothing was changed, stop that one or name another database",
        .process.map(|id| format!(" (process {id})")).unwrap_or_default(), .path.display()
    )]
    Locked {
        /// The file, or the URL of a server's database.
        path: PathBuf,
        /// The process that holds it, where it said so.
        process: Option<u32>,
    },
    /// The file or its folder cannot be opened, read or written.
    #[error("{} cannot be used: {reason}; nothing was changed", .path.display())]
    Unusable {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The file is something else.
    #[error("{} is not a database of Promptcards ({reason}); it was left as it is, give another path", .path.display())]
    NotOurs {
        /// The file.
        path: PathBuf,
        /// How it can be told.
        reason: String,
    },
    /// The database was written by a newer program.
    #[error(
        "the database has schema {found} and this program knows schemas up to {known}; \
         it was left as it is, start the newer program or restore an older backup"
    )]
    NewerSchema {
        /// The schema of the database.
        found: u32,
        /// The newest schema that this program knows.
        known: u32,
    },
    /// The database was written by an older program, and is to be left as it is.
    #[error(
        "the database has schema {found} and this program needs schema {needed}; \
         it was left as it is, start `promptcards serve` on it once, which brings it forward"
    )]
    OlderSchema {
        /// The schema of the database.
        found: u32,
        /// The schema of this program.
        needed: u32,
    },
    /// The database is the target of a copy that has not ended.
    #[error(
        "the copy from {source_place} into this database is not finished; nothing was changed, \
         type the same `promptcards copy` again, which goes on"
    )]
    HalfCopied {
        /// What is copied.
        source_place: String,
    },
    /// A migration that was applied to the database is not the one of this program.
    #[error(
        "migration {number} ({name}) of the database is not the one that this program has; \
         it was left as it is, start the program that wrote it or restore a backup"
    )]
    EditedMigration {
        /// The number of the migration.
        number: u32,
        /// Its name in the database.
        name: String,
    },
    /// The database is damaged.
    #[error(
        "the database is damaged ({reason}); stop the server, its next start checks it and says what to do"
    )]
    Damaged {
        /// What the database said.
        reason: String,
    },
    /// A start found the database damaged, and left it as it is.
    #[error("the database {} is damaged ({reason}); it was left as it is, {remedy}", .path.display())]
    DamagedFile {
        /// The file.
        path: PathBuf,
        /// The first thing that was found.
        reason: String,
        /// What to do, with the commands to type.
        remedy: String,
    },
    /// The program was built with a `SQLite` that can damage the database.
    #[error("SQLite {version} can damage a database; build the program with SQLite 3.51.3 or newer")]
    OldSqlite {
        /// Its version.
        version: String,
    },
}

/// A kind of constraint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Constraint {
    /// A row like it is there already.
    Unique,
    /// A row that it points to is not there, or one that is pointed to was to go.
    ForeignKey,
    /// A value is missing.
    NotNull,
    /// A value is outside of what the schema allows.
    Check,
    /// Another one.
    Other,
}

impl Error {
    /// Whether the database as a whole cannot do its work now. The store has said so in the log, once.
    pub fn is_trouble(&self) -> bool {
        matches!(
            self,
            Self::Busy
                | Self::StorageFull
                | Self::Storage { .. }
                | Self::OutcomeUnknown { .. }
                | Self::Unavailable { .. }
                | Self::Untrusted { .. }
        )
    }

    /// The error of a statement run inside a transaction that has not been committed.
    pub(crate) fn of_statement(error: &rusqlite::Error, sql: Sql) -> Self {
        match Self::of_database(error) {
            Self::Statement { reason, .. } => Self::Statement { statement: sql.text(), reason },
            other => other,
        }
    }

    /// The error of a call that is not one of the product's statements.
    pub(crate) fn of_database(error: &rusqlite::Error) -> Self {
        let reason = error.to_string();
        let rusqlite::Error::SqliteFailure(code, _) = error else {
            return Self::Statement { statement: "", reason };
        };
        match code.code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy,
            ErrorCode::DiskFull => Self::StorageFull,
            ErrorCode::SystemIoFailure
            | ErrorCode::ReadOnly
            | ErrorCode::CannotOpen
            | ErrorCode::OutOfMemory => {
                Self::Storage { reason: format!("{reason}, code {}", code.extended_code) }
            }
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Self::Damaged { reason },
            ErrorCode::ConstraintViolation => {
                Self::Constraint { kind: Constraint::of_code(code.extended_code), reason }
            }
            _ => Self::Statement { statement: "", reason },
        }
    }
}

impl Constraint {
    fn of_code(code: i32) -> Self {
        use rusqlite::ffi;
        match code {
            ffi::SQLITE_CONSTRAINT_UNIQUE
            | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
            | ffi::SQLITE_CONSTRAINT_ROWID => Self::Unique,
            ffi::SQLITE_CONSTRAINT_FOREIGNKEY => Self::ForeignKey,
            ffi::SQLITE_CONSTRAINT_NOTNULL => Self::NotNull,
            ffi::SQLITE_CONSTRAINT_CHECK => Self::Check,
            _ => Self::Other,
        }
    }
}
