//! What `PostgreSQL` says, in our words.

use tokio_postgres::error::{DbError, SqlState};

use crate::{Constraint, Error, Sql};

/// The error of a statement inside a transaction that has not been committed.
pub(super) fn of_statement(error: &tokio_postgres::Error, sql: Sql) -> Error {
    let Some(said) = error.as_db_error() else {
        if error.is_closed() || is_of_the_wire(error) {
            return Error::Unavailable { reason: format!("the connection was lost: {}", whole(error)) };
        }
        return Error::Statement { statement: sql.text(), reason: whole(error) };
    };
    let reason = said.message().to_owned();
    match said.code() {
        &(SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED) => Error::Conflicted,
        &SqlState::DISK_FULL => Error::StorageFull,
        &SqlState::UNIQUE_VIOLATION => constraint(Constraint::Unique, said),
        &SqlState::FOREIGN_KEY_VIOLATION => constraint(Constraint::ForeignKey, said),
        &SqlState::NOT_NULL_VIOLATION => constraint(Constraint::NotNull, said),
        &SqlState::CHECK_VIOLATION => constraint(Constraint::Check, said),
        &(SqlState::DATA_CORRUPTED | SqlState::INDEX_CORRUPTED) => Error::Damaged { reason },
        // Read-only, cancelled by its time limit, no lock in time, no room for one more connection.
        &(SqlState::READ_ONLY_SQL_TRANSACTION | SqlState::QUERY_CANCELED | SqlState::LOCK_NOT_AVAILABLE) => {
            Error::Unavailable { reason }
        }
        code if ends_the_connection(said) || ["08", "53", "57", "58"].contains(&&code.code()[..2]) => {
            Error::Unavailable { reason }
        }
        code if code.code().starts_with("23") => constraint(Constraint::Other, said),
        _ => Error::Statement { statement: sql.text(), reason },
    }
}

/// The error of an attempt to connect.
pub(super) fn of_connecting(error: &tokio_postgres::Error) -> Error {
    Error::Unavailable { reason: whole(error) }
}

/// Whether the connection is of no use afterwards: the server is ending it, or its statements are out of date.
pub(super) fn is_last(error: &tokio_postgres::Error) -> bool {
    match error.as_db_error() {
        Some(said) => ends_the_connection(said) || *said.code() == SqlState::FEATURE_NOT_SUPPORTED,
        None => error.is_closed() || is_of_the_wire(error),
    }
}

fn ends_the_connection(said: &DbError) -> bool {
    said.parsed_severity().is_some_and(|severity| {
        use tokio_postgres::error::Severity;
        matches!(severity, Severity::Fatal | Severity::Panic)
    })
}

fn is_of_the_wire(error: &tokio_postgres::Error) -> bool {
    use std::error::Error as _;
    error.source().is_some_and(<dyn std::error::Error>::is::<std::io::Error>)
}

fn constraint(kind: Constraint, said: &DbError) -> Error {
    Error::Constraint { kind, reason: said.message().to_owned() }
}

/// The error and what caused it, in one sentence.
fn whole(error: &tokio_postgres::Error) -> String {
    use std::error::Error as _;
    match (error.as_db_error(), error.source()) {
        (Some(said), _) => said.message().to_owned(),
        (None, Some(source)) => format!("{error}: {source}"),
        (None, None) => error.to_string(),
    }
}
