//! Secrets that are good for one thing, once, by their hashes.

use domain::clock::Millis;
use domain::ids::{UserId, WorkspaceId};
use domain::permission::{ServerRole, WorkspaceRole};

use crate::{Conn, FromRow, Result, Row, Sql};

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkKind {
    /// The first account of a server.
    Setup,
    /// An account.
    Invitation,
    /// A new password for an account.
    Reset,
}

impl LinkKind {
    /// The word that stands in the database and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Setup => "setup",
            Self::Invitation => "invitation",
            Self::Reset => "reset",
        }
    }
}

impl std::str::FromStr for LinkKind {
    type Err = &'static str;

    fn from_str(word: &str) -> std::result::Result<Self, Self::Err> {
        match word {
            "setup" => Ok(Self::Setup),
            "invitation" => Ok(Self::Invitation),
            "reset" => Ok(Self::Reset),
            _ => Err("no kind of a link"),
        }
    }
}

/// A link.
#[derive(Debug, Clone)]
pub struct Link {
    /// What it is for.
    pub kind: LinkKind,
    /// Whose password it sets.
    pub user_id: Option<UserId>,
    /// The name that an invitation proposes.
    pub name: Option<String>,
    /// The e-mail address that an invitation gives the account.
    pub email: Option<String>,
    /// What an invitation makes the account on the server.
    pub role: Option<ServerRole>,
    /// The workspace that an invitation leads to, and what it makes the account there.
    pub workspace: Option<(WorkspaceId, WorkspaceRole)>,
    /// The name of who made it.
    pub created_by: String,
    /// When it was made.
    pub created_at: Millis,
    /// From when on it is void.
    pub expires_at: Millis,
}

impl FromRow for Link {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let role = row.get::<Option<String>>(4)?.map(|_| row.parse(4)).transpose()?;
        let workspace = match row.get::<Option<WorkspaceId>>(5)? {
            Some(workspace) => Some((workspace, row.parse(6)?)),
            None => None,
        };
        Ok(Self {
            kind: row.parse(0)?,
            user_id: row.get(1)?,
            name: row.get(2)?,
            email: row.get(3)?,
            role,
            workspace,
            created_by: row.get(7)?,
            created_at: row.get(8)?,
            expires_at: row.get(9)?,
        })
    }
}

/// Makes a link.
pub fn insert(conn: &mut Conn, hash: &str, link: &Link) -> Result<()> {
    const INSERT: Sql = Sql::new(
        "INSERT INTO one_time_links (secret_hash, kind, user_id, name, email, role, workspace_id, workspace_role, \
         created_by, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    );
    let (workspace, workspace_role) = link.workspace.map(|(id, role)| (id, role.as_str())).unzip();
    conn.execute(
        INSERT,
        &[
            &hash,
            &link.kind.as_str(),
            &link.user_id,
            &link.name,
            &link.email,
            &link.role.map(ServerRole::as_str),
            &workspace,
            &workspace_role,
            &link.created_by,
            &link.created_at,
            &link.expires_at,
        ],
    )
    .map(drop)
}

/// The link of this secret, if it can be used now.
pub fn find(conn: &mut Conn, hash: &str, now: Millis) -> Result<Option<Link>> {
    const FIND: Sql = Sql::new(
        "SELECT kind, user_id, name, email, role, workspace_id, workspace_role, created_by, created_at, expires_at \
         FROM one_time_links WHERE secret_hash = $1 AND used_at IS NULL AND expires_at > $2",
    );
    conn.query_opt(FIND, &[&hash, &now])
}

/// Uses a link. False: it was used, or has expired, or there is no such one.
pub fn take(conn: &mut Conn, hash: &str, now: Millis) -> Result<bool> {
    const TAKE: Sql = Sql::new(
        "UPDATE one_time_links SET used_at = $2 WHERE secret_hash = $1 AND used_at IS NULL AND expires_at > $2",
    );
    Ok(conn.execute(TAKE, &[&hash, &now])? == 1)
}

/// Makes the unused links void that set a password of this account.
pub fn void_resets(conn: &mut Conn, user: UserId, at: Millis) -> Result<u64> {
    const VOID: Sql =
        Sql::new("UPDATE one_time_links SET used_at = $2 WHERE user_id = $1 AND used_at IS NULL");
    conn.execute(VOID, &[&user, &at])
}

/// Makes the unused links void that lead to the first account.
pub fn void_setups(conn: &mut Conn, at: Millis) -> Result<u64> {
    const VOID: Sql =
        Sql::new("UPDATE one_time_links SET used_at = $1 WHERE kind = 'setup' AND used_at IS NULL");
    conn.execute(VOID, &[&at])
}

/// The hash of a link, the name that it proposes, and the e-mail address that it gives.
pub type NamingLink = (String, Option<String>, Option<String>);

/// The links that name somebody, used or not.
pub fn naming(conn: &mut Conn) -> Result<Vec<NamingLink>> {
    const NAMING: Sql = Sql::new(
        "SELECT secret_hash, name, email FROM one_time_links WHERE name IS NOT NULL OR email IS NOT NULL",
    );
    conn.query_all(NAMING, &[])
}

/// Takes links away.
pub fn remove(conn: &mut Conn, hashes: &[String]) -> Result<()> {
    const REMOVE: Sql = Sql::new("DELETE FROM one_time_links WHERE secret_hash = $1");
    conn.execute_many(REMOVE, hashes, |hash| [hash]).map(drop)
}

/// Forgets the links that were void before a time.
pub fn forget(conn: &mut Conn, before: Millis) -> Result<u64> {
    const FORGET: Sql = Sql::new("DELETE FROM one_time_links WHERE expires_at < $1");
    conn.execute(FORGET, &[&before])
}
