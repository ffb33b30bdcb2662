//! Sessions of people.

use domain::clock::Millis;
use domain::ids::{SessionId, TokenId, UserId};
use domain::permission::ServerRole;

use crate::{Conn, FromRow, Result, Row, Sql};

/// A session to be begun.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// The session.
    pub id: SessionId,
    /// Whose it is.
    pub user_id: UserId,
    /// Key of its tokens against other sites, in hex.
    pub csrf_key: String,
    /// Now.
    pub at: Millis,
    /// When it ends at the latest.
    pub expires_at: Millis,
    /// Whether it ends by that alone.
    pub remembered: bool,
    /// What the browser or program calls itself.
    pub user_agent: String,
    /// Where it was begun from.
    pub address: Option<String>,
}

/// A session as its row has it.
#[derive(Debug, Clone)]
pub struct SessionRow {
    /// The session.
    pub id: SessionId,
    /// Whose it is.
    pub user_id: UserId,
    /// When it was begun.
    pub created_at: Millis,
    /// When the password was last given.
    pub confirmed_at: Millis,
    /// When its tokens were last renewed.
    pub last_seen_at: Millis,
    /// When it ends at the latest.
    pub expires_at: Millis,
    /// Whether it ends by that alone.
    pub remembered: bool,
    /// What the browser or program calls itself.
    pub user_agent: String,
    /// Where it was last heard from.
    pub address: Option<String>,
    /// When it ended.
    pub ended_at: Option<Millis>,
}

macro_rules! session_columns {
    () => {
        "SELECT id, user_id, created_at, confirmed_at, last_seen_at, expires_at, remembered, user_agent, address, ended_at \
         FROM sessions "
    };
}

impl FromRow for SessionRow {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            user_id: row.get(1)?,
            created_at: row.get(2)?,
            confirmed_at: row.get(3)?,
            last_seen_at: row.get(4)?,
            expires_at: row.get(5)?,
            remembered: row.get(6)?,
            user_agent: row.get(7)?,
            address: row.get(8)?,
            ended_at: row.get(9)?,
        })
    }
}

/// What a request needs to know of a living session and of whose it is.
#[derive(Debug, Clone)]
pub struct LiveSession {
    /// The account's name.
    pub name: String,
    /// What it is on the server.
    pub role: ServerRole,
    /// Whether its sign-in asks for a second factor.
    pub two_factor: bool,
    /// When the password was last given.
    pub confirmed_at: Millis,
    /// Key of the session's tokens against other sites, in hex.
    pub csrf_key: String,
}

impl FromRow for LiveSession {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            name: row.get(0)?,
            role: row.parse(1)?,
            two_factor: row.get(2)?,
            confirmed_at: row.get(3)?,
            csrf_key: row.get(4)?,
        })
    }
}

/// Begins a session.
pub fn insert(conn: &mut Conn, session: &NewSession) -> Result<()> {
    const INSERT: Sql = Sql::new(
        "INSERT INTO sessions (id, user_id, csrf_key, created_at, confirmed_at, last_seen_at, expires_at, remembered, \
         user_agent, address) VALUES ($1, $2, $3, $4, $4, $4, $5, $6, $7, $8)",
    );
    conn.execute(
        INSERT,
        &[
            &session.id,
            &session.user_id,
            &session.csrf_key,
            &session.at,
            &session.expires_at,
            &session.remembered,
            &session.user_agent,
            &session.address,
        ],
    )
    .map(drop)
}

/// What a request with an access token of this session may go by. None: the session or the account ended, or the
/// token is denied.
pub fn live(
    conn: &mut Conn,
    id: SessionId,
    user: UserId,
    token: (&str, TokenId),
    now: Millis,
) -> Result<Option<LiveSession>> {
    const LIVE: Sql = Sql::new(
        "SELECT users.name, users.role, users.totp_confirmed_at IS NOT NULL, sessions.confirmed_at, sessions.csrf_key \
         FROM sessions JOIN users ON users.id = sessions.user_id \
         WHERE sessions.id = $1 AND sessions.user_id = $2 AND sessions.ended_at IS NULL AND sessions.expires_at > $3 \
         AND users.disabled_at IS NULL \
         AND NOT EXISTS (SELECT 1 FROM denied_tokens WHERE issuer = $4 AND token_id = $5)",
    );
    let (issuer, token) = token;
    conn.query_opt(LIVE, &[&id, &user, &now, &issuer, &token])
}

/// One session, ended or not.
pub fn get(conn: &mut Conn, id: SessionId) -> Result<Option<SessionRow>> {
    const GET: Sql = Sql::new(concat!(session_columns!(), "WHERE id = $1"));
    conn.query_opt(GET, &[&id])
}

/// The sessions of an account that have not ended, the newest first.
pub fn of_user(conn: &mut Conn, user: UserId, now: Millis) -> Result<Vec<SessionRow>> {
    const OF_USER: Sql = Sql::new(concat!(
        session_columns!(),
        "WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $2 ORDER BY created_at DESC, id DESC"
    ));
    conn.query_all(OF_USER, &[&user, &now])
}

/// Its tokens were renewed, from there.
pub fn seen(conn: &mut Conn, id: SessionId, address: Option<&str>, at: Millis) -> Result<()> {
    const SEEN: Sql = Sql::new(
        "UPDATE sessions SET last_seen_at = $2, address = COALESCE(CAST($3 AS TEXT), address) WHERE id = $1",
    );
    conn.execute(SEEN, &[&id, &at, &address]).map(drop)
}

/// The password was given in it.
pub fn confirm(conn: &mut Conn, id: SessionId, at: Millis) -> Result<()> {
    const CONFIRM: Sql = Sql::new("UPDATE sessions SET confirmed_at = $2 WHERE id = $1 AND ended_at IS NULL");
    conn.execute(CONFIRM, &[&id, &at]).map(drop)
}

/// Ends a session of this account. False: it is none of its, or has ended.
pub fn end(conn: &mut Conn, id: SessionId, user: UserId, reason: &str, at: Millis) -> Result<bool> {
    const END: Sql = Sql::new(
        "UPDATE sessions SET ended_at = $4, end_reason = $3 WHERE id = $1 AND user_id = $2 AND ended_at IS NULL",
    );
    Ok(conn.execute(END, &[&id, &user, &reason, &at])? == 1)
}

/// Ends the sessions of an account, all but one. Returns how many ended.
pub fn end_all(
    conn: &mut Conn,
    user: UserId,
    but: Option<SessionId>,
    reason: &str,
    at: Millis,
) -> Result<u64> {
    const END: Sql = Sql::new(
        "UPDATE sessions SET ended_at = $4, end_reason = $3 WHERE user_id = $1 AND id <> $2 AND ended_at IS NULL",
    );
    conn.execute(END, &[&user, &but.map(|id| id.to_string()).unwrap_or_default(), &reason, &at])
}

/// Ends the oldest sessions of an account, so that `most` remain.
pub fn end_oldest(conn: &mut Conn, user: UserId, most: i64, now: Millis) -> Result<u64> {
    const END: Sql = Sql::new(
        "UPDATE sessions SET ended_at = $3, end_reason = 'too_many' WHERE ended_at IS NULL AND user_id = $1 AND id NOT IN \
         (SELECT id FROM sessions WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $3 \
          ORDER BY created_at DESC, id DESC LIMIT $2)",
    );
    conn.execute(END, &[&user, &most, &now])
}

/// Takes away up to `limit` sessions that ended or expired before a time, with their refresh tokens.
pub fn forget(conn: &mut Conn, before: Millis, limit: i64) -> Result<u64> {
    const OLD: Sql = Sql::new(
        "SELECT id FROM sessions WHERE expires_at < $1 OR (ended_at IS NOT NULL AND ended_at < $1) \
         ORDER BY expires_at LIMIT $2",
    );
    const TOKENS: Sql = Sql::new("DELETE FROM refresh_tokens WHERE session_id = $1");
    const SESSION: Sql = Sql::new("DELETE FROM sessions WHERE id = $1");
    let old: Vec<SessionId> = conn.query_all(OLD, &[&before, &limit])?;
    conn.execute_many(TOKENS, &old, |id| [id])?;
    conn.execute_many(SESSION, &old, |id| [id])?;
    Ok(old.len() as u64)
}
