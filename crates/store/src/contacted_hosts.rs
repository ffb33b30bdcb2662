//! Whom the servers of this database ever called, and how often.

use domain::clock::Millis;

use crate::{Conn, FromRow, Result, Row, Sql};

/// Somebody who was called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactRow {
    /// Scheme, host and port.
    pub endpoint: String,
    /// How often.
    pub calls: i64,
    /// When for the first time.
    pub first_at: Millis,
    /// When for the last time.
    pub last_at: Millis,
}

impl FromRow for ContactRow {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self { endpoint: row.get(0)?, calls: row.get(1)?, first_at: row.get(2)?, last_at: row.get(3)? })
    }
}

/// Adds to what is known of each.
pub fn add(conn: &mut Conn, contacts: &[ContactRow]) -> Result<()> {
    const ADD: Sql = Sql::new(
        "INSERT INTO contacted_hosts (endpoint, calls, first_at, last_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (endpoint) DO UPDATE SET calls = contacted_hosts.calls + excluded.calls, \
         first_at = CASE WHEN excluded.first_at < contacted_hosts.first_at THEN excluded.first_at \
         ELSE contacted_hosts.first_at END, \
         last_at = CASE WHEN excluded.last_at > contacted_hosts.last_at THEN excluded.last_at \
         ELSE contacted_hosts.last_at END",
    );
    contacts.iter().try_for_each(|contact| {
        let ContactRow { endpoint, calls, first_at, last_at } = contact;
        conn.execute(ADD, &[endpoint, calls, first_at, last_at]).map(drop)
    })
}

/// All of them, who was called last first.
pub fn list(conn: &mut Conn) -> Result<Vec<ContactRow>> {
    const LIST: Sql = Sql::new(
        "SELECT endpoint, calls, first_at, last_at FROM contacted_hosts ORDER BY last_at DESC, endpoint",
    );
    conn.query_all(LIST, &[])
}
