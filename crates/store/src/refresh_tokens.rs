//! Refresh tokens, by their hashes. Each is exchanged once.

use domain::clock::Millis;
use domain::ids::SessionId;

use crate::{Conn, FromRow, Result, Row, Sql};

/// A refresh token as its row has it.
#[derive(Debug, Clone)]
pub struct RefreshTokenRow {
    /// Its session.
    pub session_id: SessionId,
    /// 0 for the first of the session, one more for each exchange.
    pub generation: i64,
    /// When it was exchanged or replaced.
    pub used_at: Option<Millis>,
    /// The hash of the one it was exchanged for.
    pub successor_hash: Option<String>,
}

impl FromRow for RefreshTokenRow {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            session_id: row.get(0)?,
            generation: row.get(1)?,
            used_at: row.get(2)?,
            successor_hash: row.get(3)?,
        })
    }
}

/// Adds one to a session.
pub fn insert(conn: &mut Conn, hash: &str, session: SessionId, generation: i64, at: Millis) -> Result<()> {
    const INSERT: Sql = Sql::new(
        "INSERT INTO refresh_tokens (token_hash, session_id, generation, created_at) VALUES ($1, $2, $3, $4)",
    );
    conn.execute(INSERT, &[&hash, &session, &generation, &at]).map(drop)
}

/// Exchanges one for `successor`, unless it was before, and returns its session and generation. None: it was, or there
/// is no such one.
pub fn exchange(
    conn: &mut Conn,
    hash: &str,
    successor: &str,
    at: Millis,
) -> Result<Option<(SessionId, i64)>> {
    const EXCHANGE: Sql = Sql::new(
        "UPDATE refresh_tokens SET used_at = $3, successor_hash = $2 WHERE token_hash = $1 AND used_at IS NULL \
         RETURNING session_id, generation",
    );
    conn.query_opt(EXCHANGE, &[&hash, &successor, &at])
}

/// One of them.
pub fn get(conn: &mut Conn, hash: &str) -> Result<Option<RefreshTokenRow>> {
    const GET: Sql = Sql::new(
        "SELECT session_id, generation, used_at, successor_hash FROM refresh_tokens WHERE token_hash = $1",
    );
    conn.query_opt(GET, &[&hash])
}

/// Makes `replacement` what `hash` was exchanged for, in the place of `successor`, which nobody may use any more. False:
/// somebody did.
pub fn replace(conn: &mut Conn, hash: &str, successor: &str, replacement: &str, at: Millis) -> Result<bool> {
    const REVOKE: Sql =
        Sql::new("UPDATE refresh_tokens SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL");
    const POINT: Sql = Sql::new("UPDATE refresh_tokens SET successor_hash = $2 WHERE token_hash = $1");
    if conn.execute(REVOKE, &[&successor, &at])? == 0 {
        return Ok(false);
    }
    conn.execute(POINT, &[&hash, &replacement])?;
    Ok(true)
}
