//! The keys that seal values, themselves sealed under the master key.

use domain::clock::Millis;

use crate::{Conn, FromRow, Result, Row, Sql};

/// A key as its row has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataKeyRow {
    /// The id of the workspace whose values it seals, or `server`.
    pub scope: String,
    /// The key, sealed under the master key.
    pub sealed_key: String,
    /// Which master key that is, by a hash of it.
    pub master_key: String,
}

impl FromRow for DataKeyRow {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self { scope: row.get(0)?, sealed_key: row.get(1)?, master_key: row.get(2)? })
    }
}

/// All of them.
pub fn all(conn: &mut Conn) -> Result<Vec<DataKeyRow>> {
    const ALL: Sql = Sql::new("SELECT scope, sealed_key, master_key FROM data_keys ORDER BY scope");
    conn.query_all(ALL, &[])
}

/// Keeps a key, unless its scope has one, and returns the one that is there. None: the others are sealed under another
/// master key, so nothing was kept.
pub fn ensure(conn: &mut Conn, key: &DataKeyRow, at: Millis) -> Result<Option<DataKeyRow>> {
    const INSERT: Sql = Sql::new(
        "INSERT INTO data_keys (scope, sealed_key, master_key, created_at) \
         SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS BIGINT) \
         WHERE NOT EXISTS (SELECT 1 FROM data_keys WHERE master_key <> $3) ON CONFLICT DO NOTHING",
    );
    const FIND: Sql = Sql::new("SELECT scope, sealed_key, master_key FROM data_keys WHERE scope = $1");
    conn.execute(INSERT, &[&key.scope, &key.sealed_key, &key.master_key, &at])?;
    conn.query_opt(FIND, &[&key.scope])
}

/// Puts the same key in place as it is sealed under another master key, if it is still sealed as in `before`.
pub fn reseal(conn: &mut Conn, before: &DataKeyRow, after: &DataKeyRow) -> Result<bool> {
    const RESEAL: Sql = Sql::new(
        "UPDATE data_keys SET sealed_key = $3, master_key = $4 WHERE scope = $1 AND sealed_key = $2",
    );
    let changed =
        conn.execute(RESEAL, &[&before.scope, &before.sealed_key, &after.sealed_key, &after.master_key])?;
    Ok(changed == 1)
}
