//! The keys of the audit log: one that signs its checkpoints, and those under which addresses are hashed.

use domain::clock::Millis;

use crate::{Conn, FromRow, Result, Row, Sql};

/// A key as its row has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditKeyRow {
    /// What it is for: `signing` or `address`.
    pub purpose: String,
    /// The period of time that it is for; 0 where there is one for all.
    pub period: i64,
    /// Its public half, where it has one.
    pub public_key: Option<String>,
    /// The key, sealed.
    pub sealed_key: String,
}

impl FromRow for AuditKeyRow {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            purpose: row.get(0)?,
            period: row.get(1)?,
            public_key: row.get(2)?,
            sealed_key: row.get(3)?,
        })
    }
}

/// A key, if it is there.
pub fn find(conn: &mut Conn, purpose: &str, period: i64) -> Result<Option<AuditKeyRow>> {
    const FIND: Sql = Sql::new(
        "SELECT purpose, period, public_key, sealed_key FROM audit_keys WHERE purpose = $1 AND period = $2",
    );
    conn.query_opt(FIND, &[&purpose, &period])
}

/// The keys of a purpose, oldest first.
pub fn of_purpose(conn: &mut Conn, purpose: &str) -> Result<Vec<AuditKeyRow>> {
    const ALL: Sql = Sql::new(
        "SELECT purpose, period, public_key, sealed_key FROM audit_keys WHERE purpose = $1 ORDER BY period",
    );
    conn.query_all(ALL, &[&purpose])
}

/// Keeps a key, unless there is one, and returns the one that is there.
pub fn ensure(conn: &mut Conn, key: &AuditKeyRow, at: Millis) -> Result<AuditKeyRow> {
    const INSERT: Sql = Sql::new(
        "INSERT INTO audit_keys (purpose, period, public_key, sealed_key, created_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT DO NOTHING",
    );
    const FIND: Sql = Sql::new(
        "SELECT purpose, period, public_key, sealed_key FROM audit_keys WHERE purpose = $1 AND period = $2",
    );
    conn.execute(INSERT, &[&key.purpose, &key.period, &key.public_key, &key.sealed_key, &at])?;
    conn.query_one(FIND, &[&key.purpose, &key.period])
}

/// Drops the keys of a purpose of periods before one. Returns how many.
pub fn drop_before(conn: &mut Conn, purpose: &str, period: i64) -> Result<u64> {
    const DROP: Sql = Sql::new("DELETE FROM audit_keys WHERE purpose = $1 AND period < $2");
    conn.execute(DROP, &[&purpose, &period])
}
