//! Access tokens that are refused before they expire, by their issuer and id.

use domain::clock::Millis;
use domain::ids::TokenId;

use crate::{Conn, Result, Sql};

/// Denies a token. From `expires_at` on it would be refused in any case.
pub fn deny(conn: &mut Conn, issuer: &str, token: TokenId, expires_at: Millis) -> Result<()> {
    const DENY: Sql = Sql::new(
        "INSERT INTO denied_tokens (issuer, token_id, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
    );
    conn.execute(DENY, &[&issuer, &token, &expires_at]).map(drop)
}

/// Forgets those that have expired.
pub fn forget(conn: &mut Conn, now: Millis) -> Result<u64> {
    const FORGET: Sql = Sql::new("DELETE FROM denied_tokens WHERE expires_at < $1");
    conn.execute(FORGET, &[&now])
}
