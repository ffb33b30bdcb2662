//! Taking the person out of an account: what tells who it was goes, and what they did stays under another name.

use domain::clock::Millis;
use domain::ids::UserId;

use crate::conn::Dialect;
use crate::{Conn, Result, Sql};

/// Where the name of who did something is written, one statement for each column.
const NAMES: [Sql; 7] = [
    Sql::new("UPDATE card_drafts SET updated_by = $2 WHERE updated_by = $1"),
    Sql::new("UPDATE card_versions SET author = $2 WHERE author = $1"),
    Sql::new("UPDATE labels SET moved_by = $2 WHERE moved_by = $1"),
    Sql::new("UPDATE label_moves SET moved_by = $2 WHERE moved_by = $1"),
    Sql::new("UPDATE runs SET created_by = $2 WHERE created_by = $1"),
    Sql::new("UPDATE budgets SET set_by = $2 WHERE set_by = $1"),
    Sql::new("UPDATE endpoints SET added_by = $2 WHERE added_by = $1"),
];

/// Has every other writer of runs wait for the end of this transaction. Nothing may come before it there.
///
/// The worker commits to a run that goes on many times a second. A serializable transaction that renames who began it
/// would meet such a commit each time it is tried, and be given up; one that has the table before it looks sees the last
/// of them. `SQLite` has one writer anyway.
pub fn hold_runs(conn: &mut Conn) -> Result<()> {
    match conn.dialect() {
        Dialect::Sqlite => Ok(()),
        Dialect::Postgres => conn.control("LOCK TABLE runs IN SHARE ROW EXCLUSIVE MODE"),
    }
}

/// Takes name, address, password, second factor, sessions, memberships, links and shares of an account away, ends its keys, and
/// writes `erased` wherever its name stood. It is disabled from then on.
pub fn erase(conn: &mut Conn, id: UserId, name: &str, erased: &str, at: Millis) -> Result<()> {
    const ACCOUNT: Sql = Sql::new(
        "UPDATE users SET name = $2, name_key = $2, email = NULL, email_key = NULL, role = 'guest', password_hash = NULL, \
         password_set_at = NULL, totp_secret = NULL, totp_confirmed_at = NULL, totp_last_step = NULL, \
         disabled_at = COALESCE(disabled_at, $3), updated_at = $3 WHERE id = $1",
    );
    const KEYS: Sql = Sql::new(
        "UPDATE api_keys SET revoked_at = COALESCE(revoked_at, $3), name = $2, last_used_address = NULL WHERE user_id = $1",
    );
    const TOKENS: Sql = Sql::new(
        "DELETE FROM refresh_tokens WHERE session_id IN (SELECT id FROM sessions WHERE user_id = $1)",
    );
    const SESSIONS: Sql = Sql::new("DELETE FROM sessions WHERE user_id = $1");
    const MEMBERSHIPS: Sql = Sql::new("DELETE FROM members WHERE user_id = $1");
    const SHARED_WITH: Sql = Sql::new(
        "DELETE FROM share_accounts WHERE user_id = $1 OR share_id IN (SELECT id FROM shares WHERE created_by = $1)",
    );
    const SHARES: Sql = Sql::new("DELETE FROM shares WHERE created_by = $1");
    const LINKS: Sql = Sql::new("DELETE FROM one_time_links WHERE user_id = $1 OR created_by = $2");
    conn.execute(ACCOUNT, &[&id, &erased, &at])?;
    conn.execute(KEYS, &[&id, &erased, &at])?;
    for remove in [TOKENS, SESSIONS, MEMBERSHIPS, SHARED_WITH, SHARES] {
        conn.execute(remove, &[&id])?;
    }
    conn.execute(LINKS, &[&id, &name])?;
    crate::recovery_codes::remove(conn, id)?;
    for rename in NAMES {
        conn.execute(rename, &[&name, &erased])?;
    }
    forget_answers(conn, name)
}

/// Takes the answers away that were given under keys of this account, or that name it.
fn forget_answers(conn: &mut Conn, name: &str) -> Result<()> {
    const FORGET: Sql = Sql::new(
        "DELETE FROM idempotency_keys WHERE substr(scope, 1, length(CAST($1 AS TEXT))) = $1 \
         OR body LIKE $2 OR body LIKE $3",
    );
    // An underscore of the name stands for any letter here. Then an answer of another account goes too, which harms
    // only who repeats a request within the day.
    let (made, written) = (format!("%_by\":\"{name}\"%"), format!("%\"author\":\"{name}\"%"));
    conn.execute(FORGET, &[&format!("{name} "), &made, &written]).map(drop)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::Store;

    /// Columns that hold no name of an account, though they are called as if, or whose rows are removed.
    const OTHERS: [&str; 4] =
        ["runs.prepared_by", "workspaces.prepared_by", "one_time_links.created_by", "shares.created_by"];

    #[tokio::test]
    async fn every_column_that_names_who_did_something_is_written_anew() {
        const COLUMNS: Sql = Sql::new(
            "SELECT m.name || '.' || c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' \
             AND (c.name LIKE '%\\_by' ESCAPE '\\' OR c.name IN ('author', 'owner_name', 'user_name'))",
        );
        let store = Store::open_in_place().unwrap();
        let found: Vec<String> = store.read(|conn| conn.query_all(COLUMNS, &[])).await.unwrap();
        let found: BTreeSet<&str> = found.iter().map(String::as_str).collect();
        let written: Vec<String> = NAMES
            .iter()
            .map(|sql| {
                let column = sql.text().split(' ').nth(3).unwrap();
                format!("{}.{column}", sql.table())
            })
            .collect();
        let known: BTreeSet<&str> = written.iter().map(String::as_str).chain(OTHERS).collect();
        assert_eq!(found, known, "in the schema, and known to the erasure of a person");
    }
}
