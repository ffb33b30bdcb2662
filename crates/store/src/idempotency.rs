//! Answers to creating requests, kept so that a repeated request does not create twice.

use domain::clock::Millis;

use crate::{Conn, FromRow, Result, Row, Sql};

/// An answer that was given.
#[derive(Debug, Clone)]
pub struct KeptAnswer {
    /// Hash of the request that it was given to.
    pub fingerprint: String,
    /// What was created, as JSON.
    pub body: String,
}

impl FromRow for KeptAnswer {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self { fingerprint: row.get(0)?, body: row.get(1)? })
    }
}

/// The answer given under a key, if there was one.
pub fn find(conn: &mut Conn, scope: &str, key: &str) -> Result<Option<KeptAnswer>> {
    const FIND: Sql =
        Sql::new("SELECT fingerprint, body FROM idempotency_keys WHERE scope = $1 AND key = $2");
    conn.query_opt(FIND, &[&scope, &key])
}

/// Keeps an answer, in the same closure as what it tells of.
pub fn keep(
    conn: &mut Conn,
    scope: &str,
    key: &str,
    fingerprint: &str,
    body: &str,
    at: Millis,
) -> Result<()> {
    const KEEP: Sql = Sql::new(
        "INSERT INTO idempotency_keys (scope, key, fingerprint, body, created_at) VALUES ($1, $2, $3, $4, $5)",
    );
    conn.execute(KEEP, &[&scope, &key, &fingerprint, &body, &at]).map(drop)
}

/// Forgets the answers given before a time.
pub fn forget(conn: &mut Conn, before: Millis) -> Result<u64> {
    const FORGET: Sql = Sql::new("DELETE FROM idempotency_keys WHERE created_at < $1");
    conn.execute(FORGET, &[&before])
}
