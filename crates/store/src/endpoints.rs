//! What may be called beside what the configuration names: the list that admins keep.

use domain::clock::Millis;
use domain::ids::EndpointId;

use crate::{Conn, FromRow, Result, Row, Sql};

/// Something that may be called.
#[derive(Debug, Clone)]
pub struct EndpointRow {
    /// The entry.
    pub id: EndpointId,
    /// Scheme, host or network, and port: `http://gpu-box:11434`.
    pub endpoint: String,
    /// The name of who added it.
    pub added_by: String,
    /// When.
    pub added_at: Millis,
}

impl FromRow for EndpointRow {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self { id: row.get(0)?, endpoint: row.get(1)?, added_by: row.get(2)?, added_at: row.get(3)? })
    }
}

/// The list, in the order of its endpoints.
pub fn list(conn: &mut Conn) -> Result<Vec<EndpointRow>> {
    const LIST: Sql = Sql::new("SELECT id, endpoint, added_by, added_at FROM endpoints ORDER BY endpoint");
    conn.query_all(LIST, &[])
}

/// Adds an entry. False: there is one for this endpoint.
pub fn insert(conn: &mut Conn, row: &EndpointRow) -> Result<bool> {
    const INSERT: Sql = Sql::new(
        "INSERT INTO endpoints (id, endpoint, added_by, added_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
    );
    Ok(conn.execute(INSERT, &[&row.id, &row.endpoint, &row.added_by, &row.added_at])? == 1)
}

/// The entry for an endpoint.
pub fn find(conn: &mut Conn, endpoint: &str) -> Result<Option<EndpointRow>> {
    const FIND: Sql = Sql::new("SELECT id, endpoint, added_by, added_at FROM endpoints WHERE endpoint = $1");
    conn.query_opt(FIND, &[&endpoint])
}

/// Takes an entry from the list, and returns what it was.
pub fn remove(conn: &mut Conn, id: EndpointId) -> Result<Option<String>> {
    const REMOVE: Sql = Sql::new("DELETE FROM endpoints WHERE id = $1 RETURNING endpoint");
    conn.query_opt(REMOVE, &[&id])
}
