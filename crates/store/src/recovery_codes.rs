//! Recovery codes: each stands in for the second factor once.

use domain::clock::Millis;
use domain::ids::UserId;

use crate::{Conn, InsertMany, Result, Sql};

/// Puts these codes, by their hashes, in the place of all that the account has.
pub fn replace(conn: &mut Conn, user: UserId, hashes: &[String]) -> Result<()> {
    const INSERT: InsertMany<2> = InsertMany::new("INSERT INTO recovery_codes (user_id, code_hash)", "");
    remove(conn, user)?;
    conn.insert_many(&INSERT, hashes, |hash| [&user, hash]).map(drop)
}

/// Takes all away.
pub fn remove(conn: &mut Conn, user: UserId) -> Result<()> {
    const REMOVE: Sql = Sql::new("DELETE FROM recovery_codes WHERE user_id = $1");
    conn.execute(REMOVE, &[&user]).map(drop)
}

/// Uses a code. False: there is no such one, or it was used.
pub fn take(conn: &mut Conn, user: UserId, hash: &str, at: Millis) -> Result<bool> {
    const TAKE: Sql = Sql::new(
        "UPDATE recovery_codes SET used_at = $3 WHERE user_id = $1 AND code_hash = $2 AND used_at IS NULL",
    );
    Ok(conn.execute(TAKE, &[&user, &hash, &at])? == 1)
}

/// How many were not used yet.
pub fn left(conn: &mut Conn, user: UserId) -> Result<i64> {
    const LEFT: Sql = Sql::new("SELECT COUNT(*) FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL");
    conn.query_one(LEFT, &[&user])
}
