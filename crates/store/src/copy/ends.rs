//! The two databases of a copy, each open for nobody else.

use std::sync::Arc;
use std::time::Duration;

use super::CopyError;
use super::tables::{Table, Values};
use crate::conn::{Dialect, Isolation};
use crate::postgres::{self, Claim};
use crate::sqlite::{self, Lock, database, migrate::MIGRATIONS};
use crate::{Conn, Error, Result, StoreSettings, Value};

/// How long one statement may take: the longest is one that counts the rows of a table.
const LIMIT: Duration = Duration::from_mins(10);

/// One of the two.
pub(super) struct End {
    place: String,
    conn: Conn,
    /// All that is read is read in one transaction, which is open.
    held: bool,
    /// Released after the connection is closed.
    lock: Option<Lock>,
}

/// Refuses a copy of a database into itself.
pub(super) fn refuse_same(from: &StoreSettings, to: &StoreSettings) -> Result<(), CopyError> {
    let same = match (&from.database_url, &to.database_url) {
        (Some(from), Some(to)) => from.to_string() == to.to_string(),
        (None, None) => match (from.path.canonicalize(), to.path.canonicalize()) {
            (Ok(from), Ok(to)) => from == to,
            _ => false,
        },
        _ => false,
    };
    if same { Err(CopyError::Same { place: place(from) }) } else { Ok(()) }
}

impl End {
    /// The database that is copied. It must be there, and is left as it is.
    pub(super) fn source(settings: &StoreSettings) -> Result<Self, CopyError> {
        if settings.database_url.is_none() && !settings.path.exists() {
            return Err(CopyError::NoSource { place: place(settings) });
        }
        let mut end = Self::open(settings, false, Claim::Alone)?;
        end.conn.begin(Isolation::Snapshot).map_err(|error| end.unusable(error))?;
        super::refuse_unfinished(&mut end.conn).map_err(|error| end.unusable(error))?;
        end.conn.roll_back();
        Ok(end)
    }

    /// The database that is copied into, made where there is none.
    pub(super) fn target(settings: &StoreSettings) -> Result<Self, CopyError> {
        Self::open(settings, true, Claim::Alone)
    }

    /// One state of a database in `PostgreSQL`, beside the servers that use it.
    pub(super) fn state_of(settings: &StoreSettings) -> Result<Self, CopyError> {
        let mut end = Self::open(settings, false, Claim::Shared)?;
        end.conn.begin(Isolation::Snapshot).map_err(|error| end.unusable(error))?;
        super::refuse_unfinished(&mut end.conn).map_err(|error| end.unusable(error))?;
        end.held = true;
        Ok(end)
    }

    fn open(settings: &StoreSettings, create: bool, claim: Claim) -> Result<Self, CopyError> {
        let place = place(settings);
        let opened = match &settings.database_url {
            None => database::open_current(settings, MIGRATIONS).map(|(file, lock)| {
                (Conn::sqlite(sqlite::Session::new(file, settings.busy_timeout())), Some(lock))
            }),
            Some(url) => {
                let wrong = |wanted| Error::Setting { setting: "database_url", value: place.clone(), wanted };
                url.address().map_err(wrong).and_then(|address| {
                    let session = postgres::Session::new(Arc::new(address), LIMIT, claim)?;
                    let mut conn = Conn::postgres(session);
                    postgres::migrate::require_current(&mut conn, &place, create)?;
                    Ok((conn, None))
                })
            }
        };
        match opened {
            Ok((conn, lock)) => Ok(Self { place, conn, held: false, lock }),
            Err(error) => Err(CopyError::Unusable { place, error }),
        }
    }

    /// Its path or URL, without a password.
    pub(super) fn place(&self) -> &str {
        &self.place
    }

    pub(super) fn read<T>(&mut self, work: impl FnOnce(&mut Conn) -> Result<T>) -> Result<T, CopyError> {
        self.run(Isolation::Snapshot, work)
    }

    /// Runs `work` in a transaction. Nobody else is there who could come in between.
    pub(super) fn write<T>(&mut self, work: impl FnOnce(&mut Conn) -> Result<T>) -> Result<T, CopyError> {
        self.run(Isolation::Guarded, work)
    }

    fn run<T>(
        &mut self,
        isolation: Isolation,
        work: impl FnOnce(&mut Conn) -> Result<T>,
    ) -> Result<T, CopyError> {
        let conn = &mut self.conn;
        if self.held {
            return work(conn).map_err(|error| CopyError::Broken { place: self.place.clone(), error });
        }
        let done = conn.begin(isolation).and_then(|()| {
            let answer = work(conn)?;
            conn.commit().map(|()| answer)
        });
        conn.roll_back();
        done.map_err(|error| CopyError::Broken { place: self.place.clone(), error })
    }

    /// Refuses what the other database can hold and this one cannot.
    pub(super) fn require_storable(&self, table: &Table, rows: &[Values]) -> Result<(), CopyError> {
        let holds_zero = |row: &&Values| {
            row.0.iter().any(|value| matches!(value, Value::Text(text) if text.contains('\0')))
        };
        match rows.iter().find(holds_zero).filter(|_| self.conn.dialect() == Dialect::Postgres) {
            None => Ok(()),
            Some(row) => Err(CopyError::Unstorable {
                table: table.name,
                key: table.shown_key(row),
                reason: "a text in it contains U+0000, which PostgreSQL cannot store".to_owned(),
            }),
        }
    }

    /// Empties the log of a file into it.
    pub(super) fn close(self) {
        if let Some(lock) = self.lock {
            database::close(self.conn, lock);
        }
    }

    fn unusable(&self, error: Error) -> CopyError {
        CopyError::Unusable { place: self.place.clone(), error }
    }
}

/// The file as the system knows it, or the URL.
fn place(settings: &StoreSettings) -> String {
    settings.database_url.as_ref().map_or_else(
        || {
            std::path::absolute(&settings.path)
                .unwrap_or_else(|_| settings.path.clone())
                .display()
                .to_string()
        },
        ToString::to_string,
    )
}
