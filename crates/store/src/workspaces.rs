//! Workspaces: the unit of isolation.

use domain::clock::Millis;
use domain::ids::{UserId, WorkspaceId};
use domain::permission::WorkspaceRole;

use crate::{Conn, FromRow, Result, Row, Sql};

/// A workspace as a list shows it.
#[derive(Debug, Clone)]
pub struct WorkspaceRow {
    /// The workspace.
    pub id: WorkspaceId,
    /// Its name in addresses.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// What who asks is there; none for an admin who is no member.
    pub role: Option<WorkspaceRole>,
}

impl FromRow for WorkspaceRow {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let role = row.get::<Option<String>>(3)?.map(|_| row.parse(3)).transpose()?;
        Ok(Self { id: row.get(0)?, slug: row.get(1)?, name: row.get(2)?, role })
    }
}

/// Makes the workspace, unless there is one of this slug. Returns the one that is there.
pub fn ensure(conn: &mut Conn, id: WorkspaceId, slug: &str, name: &str, at: Millis) -> Result<WorkspaceId> {
    const FIND: Sql = Sql::new("SELECT id FROM workspaces WHERE slug = $1");
    insert(conn, id, slug, name, at)?;
    conn.query_one(FIND, &[&slug])
}

/// Makes a workspace. False: there is one of this slug.
pub fn insert(conn: &mut Conn, id: WorkspaceId, slug: &str, name: &str, at: Millis) -> Result<bool> {
    const INSERT: Sql = Sql::new(
        "INSERT INTO workspaces (id, slug, name, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
    );
    Ok(conn.execute(INSERT, &[&id, &slug, &name, &at])? == 1)
}

/// The workspace of this slug, unless it is that of an import.
pub fn find(conn: &mut Conn, slug: &str) -> Result<Option<WorkspaceId>> {
    const FIND: Sql = Sql::new("SELECT id FROM workspaces WHERE slug = $1 AND prepared_by IS NULL");
    conn.query_opt(FIND, &[&slug])
}

/// The workspaces of which the account is a member now, by slug; with `all`, also those of which it is none.
pub fn of_user(conn: &mut Conn, user: UserId, all: bool, now: Millis) -> Result<Vec<WorkspaceRow>> {
    const OF_USER: Sql = Sql::new(
        "SELECT workspaces.id, workspaces.slug, workspaces.name, members.role FROM workspaces LEFT JOIN members \
         ON members.workspace_id = workspaces.id AND members.user_id = $1 \
         AND (members.expires_at IS NULL OR members.expires_at > $3) \
         WHERE (members.role IS NOT NULL OR $2 = 1) AND workspaces.prepared_by IS NULL \
         ORDER BY workspaces.slug",
    );
    conn.query_all(OF_USER, &[&user, &all, &now])
}

/// Gives a workspace another name. False: there is no such one.
pub fn rename(conn: &mut Conn, id: WorkspaceId, name: &str) -> Result<bool> {
    const RENAME: Sql = Sql::new("UPDATE workspaces SET name = $2 WHERE id = $1");
    Ok(conn.execute(RENAME, &[&id, &name])? == 1)
}
