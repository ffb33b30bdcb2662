//! What somebody let others read: one card or one run, by a link or by their accounts.

use domain::clock::Millis;
use domain::ids::{CardId, RunId, ShareId, UserId, WorkspaceId};

use crate::{Conn, FromRow, InsertMany, Result, Row, Sql};

/// What a share lets be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SharedObject {
    /// A card.
    Card(CardId),
    /// A run.
    Run(RunId),
}

impl SharedObject {
    fn ids(self) -> (Option<CardId>, Option<RunId>) {
        match self {
            Self::Card(card) => (Some(card), None),
            Self::Run(run) => (None, Some(run)),
        }
    }

    fn of(row: &Row<'_>, card: usize, run: usize) -> Result<Self> {
        match (row.get(card)?, row.get(run)?) {
            (Some(card), None) => Ok(Self::Card(card)),
            (None, Some(run)) => Ok(Self::Run(run)),
            _ => Err(row.corrupt(card, "neither one card nor one run")),
        }
    }
}

/// A share to be made.
#[derive(Debug, Clone)]
pub struct NewShare {
    /// The share.
    pub id: ShareId,
    /// The workspace of what it lets be read.
    pub workspace_id: WorkspaceId,
    /// What it lets be read.
    pub object: SharedObject,
    /// Hash of the secret of its link, if it has one.
    pub secret_hash: Option<String>,
    /// Who made it.
    pub created_by: UserId,
    /// When.
    pub created_at: Millis,
    /// From when on it is void.
    pub expires_at: Millis,
}

/// A share as a list of them shows it.
#[derive(Debug, Clone)]
pub struct ShareRow {
    /// The share.
    pub id: ShareId,
    /// What it lets be read.
    pub object: SharedObject,
    /// Whether it has a link.
    pub link: bool,
    /// The name of who made it.
    pub created_by: String,
    /// When.
    pub created_at: Millis,
    /// From when on it is void.
    pub expires_at: Millis,
    /// Whether it lets be read now.
    pub works: bool,
}

impl FromRow for ShareRow {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            object: SharedObject::of(row, 1, 2)?,
            link: row.get(3)?,
            created_by: row.get(4)?,
            created_at: row.get(5)?,
            expires_at: row.get(6)?,
            works: row.get(7)?,
        })
    }
}

/// A share that lets be read now.
#[derive(Debug, Clone, Copy)]
pub struct LiveShare {
    /// The share.
    pub id: ShareId,
    /// The workspace of what it lets be read.
    pub workspace_id: WorkspaceId,
    /// What it lets be read.
    pub object: SharedObject,
    /// From when on it is void.
    pub expires_at: Millis,
}

impl FromRow for LiveShare {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            workspace_id: row.get(1)?,
            object: SharedObject::of(row, 2, 3)?,
            expires_at: row.get(4)?,
        })
    }
}

/// Whether a share lets be read at the time `$1`: it has not expired, its maker may still make one, and what it is of
/// is there.
macro_rules! works {
    () => {
        "shares.expires_at > $1 AND EXISTS (SELECT 1 FROM members JOIN users ON users.id = members.user_id \
         WHERE members.workspace_id = shares.workspace_id AND members.user_id = shares.created_by \
         AND members.role IN ('editor', 'owner') AND members.expires_at IS NULL \
         AND users.role <> 'guest' AND users.disabled_at IS NULL) \
         AND (EXISTS (SELECT 1 FROM cards WHERE cards.id = shares.card_id AND cards.archived_at IS NULL) \
         OR EXISTS (SELECT 1 FROM runs WHERE runs.id = shares.run_id AND runs.state NOT IN ('preparing', 'removing')))"
    };
}
macro_rules! live {
    ($more:literal) => {
        Sql::new(concat!(
            "SELECT shares.id, shares.workspace_id, shares.card_id, shares.run_id, shares.expires_at FROM shares \
             WHERE ",
            works!(),
            $more
        ))
    };
}

/// Makes a share, and for which accounts.
pub fn insert(conn: &mut Conn, share: &NewShare, accounts: &[UserId]) -> Result<()> {
    const INSERT: Sql = Sql::new(
        "INSERT INTO shares (id, workspace_id, card_id, run_id, secret_hash, created_by, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    );
    const ACCOUNTS: InsertMany<2> =
        InsertMany::new("INSERT INTO share_accounts (share_id, user_id)", "ON CONFLICT DO NOTHING");
    let (card, run) = share.object.ids();
    conn.execute(
        INSERT,
        &[
            &share.id,
            &share.workspace_id,
            &card,
            &run,
            &share.secret_hash,
            &share.created_by,
            &share.created_at,
            &share.expires_at,
        ],
    )?;
    conn.insert_many(&ACCOUNTS, accounts, |user| [&share.id, user]).map(drop)
}

/// The share of the link with this secret, if it lets be read now.
pub fn by_secret(conn: &mut Conn, hash: &str, now: Millis) -> Result<Option<LiveShare>> {
    const BY_SECRET: Sql = live!(" AND shares.secret_hash = $2");
    conn.query_opt(BY_SECRET, &[&now, &hash])
}

/// A share that is for an account, if it lets be read now.
pub fn for_account(conn: &mut Conn, share: ShareId, user: UserId, now: Millis) -> Result<Option<LiveShare>> {
    const FOR_ACCOUNT: Sql = live!(
        " AND shares.id = $2 AND EXISTS (SELECT 1 FROM share_accounts \
         WHERE share_accounts.share_id = shares.id AND share_accounts.user_id = $3)"
    );
    conn.query_opt(FOR_ACCOUNT, &[&now, &share, &user])
}

/// What an account may read now, the latest first; older than a share.
pub fn all_for_account(
    conn: &mut Conn,
    user: UserId,
    before: Option<ShareId>,
    now: Millis,
    limit: i64,
) -> Result<Vec<LiveShare>> {
    const ALL: Sql = live!(
        " AND shares.id < $3 AND shares.id IN (SELECT share_id FROM share_accounts WHERE user_id = $2) \
         ORDER BY shares.id DESC LIMIT $4"
    );
    conn.query_all(ALL, &[&now, &user, &end(before), &limit])
}

/// The shares of a workspace that have not expired, or those of one thing in it, the latest first; older than a share.
pub fn list(
    conn: &mut Conn,
    workspace: WorkspaceId,
    object: Option<SharedObject>,
    before: Option<ShareId>,
    now: Millis,
    limit: i64,
) -> Result<Vec<ShareRow>> {
    const LIST: Sql = Sql::new(concat!(
        "SELECT shares.id, shares.card_id, shares.run_id, CASE WHEN shares.secret_hash IS NULL THEN 0 ELSE 1 END, \
         makers.name, shares.created_at, shares.expires_at, CASE WHEN ",
        works!(),
        " THEN 1 ELSE 0 END FROM shares JOIN users makers ON makers.id = shares.created_by \
         WHERE shares.workspace_id = $2 AND shares.id < $3 AND shares.expires_at > $1 \
         AND (CAST($4 AS TEXT) IS NULL OR shares.card_id = $4) AND (CAST($5 AS TEXT) IS NULL OR shares.run_id = $5) \
         ORDER BY shares.id DESC LIMIT $6"
    ));
    let (card, run) = object.map_or((None, None), SharedObject::ids);
    conn.query_all(LIST, &[&now, &workspace, &end(before), &card, &run, &limit])
}

/// How many shares of a thing have not expired.
pub fn count(conn: &mut Conn, object: SharedObject, now: Millis) -> Result<i64> {
    const COUNT: Sql = Sql::new(
        "SELECT COUNT(*) FROM shares WHERE expires_at > $3 \
         AND (card_id = CAST($1 AS TEXT) OR run_id = CAST($2 AS TEXT))",
    );
    let (card, run) = object.ids();
    conn.query_one(COUNT, &[&card, &run, &now])
}

/// The names of the accounts that a share is for, sorted.
pub fn accounts(conn: &mut Conn, share: ShareId) -> Result<Vec<String>> {
    const ACCOUNTS: Sql = Sql::new(
        "SELECT users.name FROM share_accounts JOIN users ON users.id = share_accounts.user_id \
         WHERE share_accounts.share_id = $1 ORDER BY users.name_key",
    );
    conn.query_all(ACCOUNTS, &[&share])
}

/// Removes a share of a workspace. False: there is none.
pub fn remove(conn: &mut Conn, workspace: WorkspaceId, share: ShareId) -> Result<bool> {
    const ACCOUNTS: Sql = Sql::new(
        "DELETE FROM share_accounts WHERE share_id IN (SELECT id FROM shares WHERE id = $1 AND workspace_id = $2)",
    );
    const SHARE: Sql = Sql::new("DELETE FROM shares WHERE id = $1 AND workspace_id = $2");
    conn.execute(ACCOUNTS, &[&share, &workspace])?;
    Ok(conn.execute(SHARE, &[&share, &workspace])? == 1)
}

/// Forgets the shares that have expired.
pub fn forget(conn: &mut Conn, now: Millis) -> Result<u64> {
    const ACCOUNTS: Sql = Sql::new(
        "DELETE FROM share_accounts WHERE share_id IN (SELECT id FROM shares WHERE expires_at <= $1)",
    );
    const SHARES: Sql = Sql::new("DELETE FROM shares WHERE expires_at <= $1");
    conn.execute(ACCOUNTS, &[&now])?;
    conn.execute(SHARES, &[&now])
}

/// No id is larger than what stands for none.
fn end(before: Option<ShareId>) -> String {
    before.map_or_else(|| "~".to_owned(), |share| share.to_string())
}
