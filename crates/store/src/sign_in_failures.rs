//! Failed sign-ins, by the hash of the name that was typed.

use domain::clock::Millis;

use crate::{Conn, Result, Sql};

/// How many sign-ins failed in a row, and when the last one did.
pub fn get(conn: &mut Conn, name_hash: &str) -> Result<Option<(i64, Millis)>> {
    const GET: Sql = Sql::new("SELECT failures, last_at FROM sign_in_failures WHERE name_hash = $1");
    conn.query_opt(GET, &[&name_hash])
}

/// Counts one more. Those before `forgotten` count no more.
pub fn add(conn: &mut Conn, name_hash: &str, forgotten: Millis, at: Millis) -> Result<()> {
    const ADD: Sql = Sql::new(
        "INSERT INTO sign_in_failures (name_hash, failures, last_at) VALUES ($1, 1, $3) \
         ON CONFLICT (name_hash) DO UPDATE SET last_at = excluded.last_at, \
         failures = CASE WHEN sign_in_failures.last_at < $2 THEN 1 ELSE sign_in_failures.failures + 1 END",
    );
    conn.execute(ADD, &[&name_hash, &forgotten, &at]).map(drop)
}

/// Forgets the failures of a name: somebody signed in by it.
pub fn clear(conn: &mut Conn, name_hash: &str) -> Result<()> {
    const CLEAR: Sql = Sql::new("DELETE FROM sign_in_failures WHERE name_hash = $1");
    conn.execute(CLEAR, &[&name_hash]).map(drop)
}

/// Forgets the names of which the last failure is older.
pub fn forget(conn: &mut Conn, before: Millis) -> Result<u64> {
    const FORGET: Sql = Sql::new("DELETE FROM sign_in_failures WHERE last_at < $1");
    conn.execute(FORGET, &[&before])
}
