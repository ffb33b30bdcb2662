//! API keys, by the part of them that may be shown.

use domain::clock::Millis;
use domain::ids::{ApiKeyId, UserId, WorkspaceId};
use domain::permission::{Scope, ServerRole};

use crate::{Conn, FromRow, Json, Result, Row, Sql};

/// An API key to be made.
#[derive(Debug, Clone)]
pub struct NewApiKey {
    /// The key.
    pub id: ApiKeyId,
    /// The part of it that may be shown.
    pub key_id: String,
    /// Hash of all of it.
    pub secret_hash: String,
    /// Whose it is.
    pub user_id: UserId,
    /// The only workspace that it opens.
    pub workspace_id: WorkspaceId,
    /// What its owner calls it.
    pub name: String,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// When it ends.
    pub expires_at: Millis,
    /// Now.
    pub at: Millis,
}

/// An API key as its row has it.
#[derive(Debug, Clone)]
pub struct ApiKeyRow {
    /// The key.
    pub id: ApiKeyId,
    /// The part of it that may be shown.
    pub key_id: String,
    /// What its owner calls it.
    pub name: String,
    /// Slug of the only workspace that it opens.
    pub workspace: String,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// When it ends.
    pub expires_at: Millis,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Millis>,
    /// Where it was last used from.
    pub last_used_address: Option<String>,
    /// When it was made.
    pub created_at: Millis,
    /// When it was revoked.
    pub revoked_at: Option<Millis>,
}

impl FromRow for ApiKeyRow {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let Json(scopes) = row.get(4)?;
        Ok(Self {
            id: row.get(0)?,
            key_id: row.get(1)?,
            name: row.get(2)?,
            workspace: row.get(3)?,
            scopes,
            expires_at: row.get(5)?,
            last_used_at: row.get(6)?,
            last_used_address: row.get(7)?,
            created_at: row.get(8)?,
            revoked_at: row.get(9)?,
        })
    }
}

/// What a request needs to know of a living key and of whose it is.
#[derive(Debug, Clone)]
pub struct LiveApiKey {
    /// The key.
    pub id: ApiKeyId,
    /// Hash of all of it.
    pub secret_hash: String,
    /// The only workspace that it opens.
    pub workspace_id: WorkspaceId,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Millis>,
    /// Whose it is.
    pub user_id: UserId,
    /// The account's name.
    pub user_name: String,
    /// What the account is on the server.
    pub role: ServerRole,
    /// Whether its sign-in asks for a second factor.
    pub two_factor: bool,
}

impl FromRow for LiveApiKey {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let Json(scopes) = row.get(3)?;
        Ok(Self {
            id: row.get(0)?,
            secret_hash: row.get(1)?,
            workspace_id: row.get(2)?,
            scopes,
            last_used_at: row.get(4)?,
            user_id: row.get(5)?,
            user_name: row.get(6)?,
            role: row.parse(7)?,
            two_factor: row.get(8)?,
        })
    }
}

/// Makes a key. False: another has this key id.
pub fn insert(conn: &mut Conn, key: &NewApiKey) -> Result<bool> {
    const INSERT: Sql = Sql::new(
        "INSERT INTO api_keys (id, key_id, secret_hash, user_id, workspace_id, name, scopes, expires_at, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
    );
    let inserted = conn.execute(
        INSERT,
        &[
            &key.id,
            &key.key_id,
            &key.secret_hash,
            &key.user_id,
            &key.workspace_id,
            &key.name,
            &Json(&key.scopes),
            &key.expires_at,
            &key.at,
        ],
    )?;
    Ok(inserted == 1)
}

/// The key with this key id, if neither it nor the account has ended.
pub fn live(conn: &mut Conn, key_id: &str, now: Millis) -> Result<Option<LiveApiKey>> {
    const LIVE: Sql = Sql::new(
        "SELECT api_keys.id, api_keys.secret_hash, api_keys.workspace_id, api_keys.scopes, api_keys.last_used_at, users.id, \
         users.name, users.role, users.totp_confirmed_at IS NOT NULL FROM api_keys JOIN users ON users.id = api_keys.user_id \
         WHERE api_keys.key_id = $1 AND api_keys.revoked_at IS NULL AND api_keys.expires_at > $2 \
         AND users.disabled_at IS NULL",
    );
    conn.query_opt(LIVE, &[&key_id, &now])
}

/// The keys of an account, the newest first, revoked ones too.
pub fn of_user(conn: &mut Conn, user: UserId) -> Result<Vec<ApiKeyRow>> {
    const OF_USER: Sql = Sql::new(
        "SELECT api_keys.id, api_keys.key_id, api_keys.name, workspaces.slug, api_keys.scopes, api_keys.expires_at, \
         api_keys.last_used_at, api_keys.last_used_address, api_keys.created_at, api_keys.revoked_at \
         FROM api_keys JOIN workspaces ON workspaces.id = api_keys.workspace_id WHERE api_keys.user_id = $1 \
         ORDER BY api_keys.id DESC",
    );
    conn.query_all(OF_USER, &[&user])
}

/// How many keys of an account have not ended.
pub fn count_live(conn: &mut Conn, user: UserId, now: Millis) -> Result<i64> {
    const COUNT: Sql = Sql::new(
        "SELECT COUNT(*) FROM api_keys WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2",
    );
    conn.query_one(COUNT, &[&user, &now])
}

/// Notes when and from where a key was used.
pub fn used(conn: &mut Conn, id: ApiKeyId, address: Option<&str>, at: Millis) -> Result<()> {
    const USED: Sql = Sql::new(
        "UPDATE api_keys SET last_used_at = $2, last_used_address = COALESCE(CAST($3 AS TEXT), last_used_address) \
         WHERE id = $1 AND COALESCE(last_used_at, 0) < $2",
    );
    conn.execute(USED, &[&id, &at, &address]).map(drop)
}

/// Ends a key of this account. False: it is none of its, or was revoked before.
pub fn revoke(conn: &mut Conn, id: ApiKeyId, user: UserId, at: Millis) -> Result<bool> {
    const REVOKE: Sql =
        Sql::new("UPDATE api_keys SET revoked_at = $3 WHERE id = $1 AND user_id = $2 AND revoked_at IS NULL");
    Ok(conn.execute(REVOKE, &[&id, &user, &at])? == 1)
}
