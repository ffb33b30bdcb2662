//! Who is a member of which workspace.

use domain::clock::Millis;
use domain::ids::{UserId, WorkspaceId};
use domain::permission::WorkspaceRole;

use crate::{Conn, FromRow, Result, Row, Sql};

/// A member of a workspace.
#[derive(Debug, Clone)]
pub struct MemberRow {
    /// The account.
    pub user_id: UserId,
    /// Its name.
    pub name: String,
    /// What it is there.
    pub role: WorkspaceRole,
    /// Since when.
    pub created_at: Millis,
    /// Until when, where an admin entered.
    pub expires_at: Option<Millis>,
    /// Why an admin entered.
    pub reason: Option<String>,
}

impl FromRow for MemberRow {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            user_id: row.get(0)?,
            name: row.get(1)?,
            role: row.parse(2)?,
            created_at: row.get(3)?,
            expires_at: row.get(4)?,
            reason: row.get(5)?,
        })
    }
}

/// A role, read from a column of its own.
struct RoleColumn(WorkspaceRole);

impl FromRow for RoleColumn {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        row.parse(0).map(Self)
    }
}

/// What the account is in the workspace now. None: it is no member, a guest, or an admin no more who had entered.
pub fn role(
    conn: &mut Conn,
    workspace: WorkspaceId,
    user: UserId,
    now: Millis,
) -> Result<Option<WorkspaceRole>> {
    const ROLE: Sql = Sql::new(
        "SELECT members.role FROM members JOIN users ON users.id = members.user_id \
         WHERE members.workspace_id = $1 AND members.user_id = $2 AND users.role <> 'guest' \
         AND (members.expires_at IS NULL OR (members.expires_at > $3 AND users.role = 'admin'))",
    );
    let found: Option<RoleColumn> = conn.query_opt(ROLE, &[&workspace, &user, &now])?;
    Ok(found.map(|found| found.0))
}

/// The members of a workspace, by name; admins who entered among them.
pub fn of_workspace(conn: &mut Conn, workspace: WorkspaceId, now: Millis) -> Result<Vec<MemberRow>> {
    const OF_WORKSPACE: Sql = Sql::new(
        "SELECT members.user_id, users.name, members.role, members.created_at, members.expires_at, members.reason \
         FROM members JOIN users ON users.id = members.user_id WHERE members.workspace_id = $1 \
         AND (members.expires_at IS NULL OR members.expires_at > $2) ORDER BY users.name_key",
    );
    conn.query_all(OF_WORKSPACE, &[&workspace, &now])
}

/// Makes the account a member with this role, or gives it the role. False: the workspace would have no owner left.
///
/// Only a serializable write may run it.
pub fn set(
    conn: &mut Conn,
    workspace: WorkspaceId,
    user: UserId,
    role: WorkspaceRole,
    at: Millis,
) -> Result<bool> {
    const SET: Sql = Sql::new(
        "INSERT INTO members (workspace_id, user_id, role, created_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (workspace_id, user_id) DO UPDATE SET role = excluded.role, expires_at = NULL, reason = NULL \
         WHERE members.role <> 'owner' OR excluded.role = 'owner' OR EXISTS (SELECT 1 FROM members others \
         WHERE others.workspace_id = $1 AND others.role = 'owner' AND others.user_id <> $2)",
    );
    Ok(conn.execute(SET, &[&workspace, &user, &role.as_str(), &at])? == 1)
}

/// Ends a membership. False: the workspace would have no owner left, or the account is no member.
///
/// Only a serializable write may run it.
pub fn remove(conn: &mut Conn, workspace: WorkspaceId, user: UserId) -> Result<bool> {
    const REMOVE: Sql = Sql::new(
        "DELETE FROM members WHERE workspace_id = $1 AND user_id = $2 AND (role <> 'owner' OR EXISTS \
         (SELECT 1 FROM members others WHERE others.workspace_id = $1 AND others.role = 'owner' AND others.user_id <> $2))",
    );
    Ok(conn.execute(REMOVE, &[&workspace, &user])? == 1)
}

/// The slugs of the workspaces whose only owner the account is.
pub fn owned_alone(conn: &mut Conn, user: UserId) -> Result<Vec<String>> {
    const OWNED: Sql = Sql::new(
        "SELECT workspaces.slug FROM members JOIN workspaces ON workspaces.id = members.workspace_id \
         WHERE members.user_id = $1 AND members.role = 'owner' AND NOT EXISTS (SELECT 1 FROM members others \
         WHERE others.workspace_id = members.workspace_id AND others.role = 'owner' AND others.user_id <> $1) \
         ORDER BY workspaces.slug",
    );
    conn.query_all(OWNED, &[&user])
}

/// Lets an account in as a viewer until a time, unless it is a member for good. False: it is.
pub fn enter(
    conn: &mut Conn,
    workspace: WorkspaceId,
    user: UserId,
    reason: &str,
    until: Millis,
    at: Millis,
) -> Result<bool> {
    const ENTER: Sql = Sql::new(
        "INSERT INTO members (workspace_id, user_id, role, created_at, expires_at, reason) \
         VALUES ($1, $2, 'viewer', $5, $4, $3) ON CONFLICT (workspace_id, user_id) DO UPDATE \
         SET expires_at = excluded.expires_at, reason = excluded.reason, created_at = excluded.created_at \
         WHERE members.expires_at IS NOT NULL",
    );
    Ok(conn.execute(ENTER, &[&workspace, &user, &reason, &until, &at])? == 1)
}

/// Forgets the entries of admins that have run out.
pub fn forget(conn: &mut Conn, now: Millis) -> Result<u64> {
    const FORGET: Sql = Sql::new("DELETE FROM members WHERE expires_at < $1");
    conn.execute(FORGET, &[&now])
}
