//! Workspaces: the unit of isolation.

use domain::clock::Millis;
use domain::ids::WorkspaceId;

use crate::{Conn, Result, Sql};

/// Makes the workspace, unless there is one of this slug. Returns the one that is there.
pub fn ensure(conn: &mut Conn, id: WorkspaceId, slug: &str, name: &str, at: Millis) -> Result<WorkspaceId> {
    const INSERT: Sql = Sql::new(
        "INSERT INTO workspaces (id, slug, name, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
    );
    const FIND: Sql = Sql::new("SELECT id FROM workspaces WHERE slug = $1");
    conn.execute(INSERT, &[&id, &slug, &name, &at])?;
    conn.query_one(FIND, &[&slug])
}

/// The workspace of this slug, unless it is that of an import.
pub fn find(conn: &mut Conn, slug: &str) -> Result<Option<WorkspaceId>> {
    const FIND: Sql = Sql::new("SELECT id FROM workspaces WHERE slug = $1 AND prepared_by IS NULL");
    conn.query_opt(FIND, &[&slug])
}
