//! What `PostgreSQL` says, in our words.

use rustls::CertificateError;
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
        // A quota, or the largest file there may be: the server has no code for them.
        &SqlState::INTERNAL_ERROR if said.routine().is_some_and(|routine| routine.contains("extend")) => {
            Error::StorageFull
        }
        &SqlState::UNIQUE_VIOLATION => constraint(Constraint::Unique, said),
        &SqlState::FOREIGN_KEY_VIOLATION => constraint(Constraint::ForeignKey, said),
        &SqlState::NOT_NULL_VIOLATION => constraint(Constraint::NotNull, said),
        &SqlState::CHECK_VIOLATION => constraint(Constraint::Check, said),
        &(SqlState::DATA_CORRUPTED | SqlState::INDEX_CORRUPTED) => Error::Damaged { reason },
        // Read-only, cancelled by its time limit, no lock in time; and a database whose tables or rights were taken
        // away under us, because no statement of ours names what its own schema lacks.
        &(SqlState::READ_ONLY_SQL_TRANSACTION
        | SqlState::QUERY_CANCELED
        | SqlState::LOCK_NOT_AVAILABLE
        | SqlState::UNDEFINED_TABLE
        | SqlState::INSUFFICIENT_PRIVILEGE) => Error::Unavailable { reason },
        code if ends_the_connection(said) || ["08", "53", "57", "58"].contains(&&code.code()[..2]) => {
            Error::Unavailable { reason }
        }
        code if code.code().starts_with("23") => constraint(Constraint::Other, said),
        _ => Error::Statement { statement: sql.text(), reason },
    }
}

/// Why there is no connection.
pub(super) enum Refused {
    /// Nobody listens, or the server is not ready yet: that may pass within a second.
    Restarting(Error),
    /// It has no room for one more connection; those that there are work.
    Crowded(Error),
    /// This one cannot be used; others may.
    Here(Error),
    /// It cannot be reached, or lets nobody in.
    Unreached(Error),
}

impl Refused {
    pub(super) fn into_error(self) -> Error {
        match self {
            Self::Restarting(error) | Self::Crowded(error) | Self::Here(error) | Self::Unreached(error) => {
                error
            }
        }
    }
}

/// The error of an attempt to connect.
pub(super) fn of_connecting(error: &tokio_postgres::Error) -> Refused {
    if let Some(reason) = mistrust(error) {
        return Refused::Unreached(Error::Untrusted { reason });
    }
    let unavailable = Error::Unavailable { reason: whole(error) };
    match error.code() {
        Some(&(SqlState::CANNOT_CONNECT_NOW | SqlState::ADMIN_SHUTDOWN | SqlState::CRASH_SHUTDOWN)) => {
            Refused::Restarting(unavailable)
        }
        Some(&SqlState::TOO_MANY_CONNECTIONS) => Refused::Crowded(unavailable),
        None if error.is_closed() || is_of_the_wire(error) => Refused::Restarting(unavailable),
        _ => Refused::Unreached(unavailable),
    }
}

/// Why the server is not who it should be, in words that say what to do.
fn mistrust(error: &tokio_postgres::Error) -> Option<String> {
    use std::error::Error as _;
    /// What the client says of a server that speaks in the clear alone.
    const NO_TLS: &str = "server does not support TLS";
    let source = error.source()?;
    if source.to_string() == NO_TLS {
        return Some("it does not speak TLS; switch `ssl` on in its configuration".to_owned());
    }
    let io = source.downcast_ref::<std::io::Error>()?;
    let reason = io.get_ref()?.downcast_ref::<rustls::Error>()?;
    Some(match reason {
        rustls::Error::InvalidCertificate(CertificateError::NotValidForNameContext { expected, presented }) => {
            // Each of them is shown as `DnsName("db.example")`.
            let names: Vec<&str> = presented.iter().map(|name| name.split('"').nth(1).unwrap_or(name)).collect();
            format!(
                "its certificate is for {}, not for {}; name the server in the URL as its certificate does",
                names.join(", "),
                expected.to_str()
            )
        }
        rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
            "its certificate was issued by nobody that is trusted here; name the file of its authority's certificate \
             with sslrootcert= in the URL"
                .to_owned()
        }
        rustls::Error::InvalidCertificate(
            CertificateError::Expired | CertificateError::ExpiredContext { .. },
        ) => "its certificate has expired; renew it".to_owned(),
        other => format!("TLS with it failed: {other}"),
    })
}

/// Whether the connection is of no use afterwards: the server is ending it, its statements are out of date,
/// or it can only be read.
pub(super) fn is_last(error: &tokio_postgres::Error) -> bool {
    match error.as_db_error() {
        Some(said) => {
            let useless = [SqlState::FEATURE_NOT_SUPPORTED, SqlState::READ_ONLY_SQL_TRANSACTION];
            ends_the_connection(said) || useless.contains(said.code())
        }
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
