//! Accounts.

use domain::clock::Millis;
use domain::ids::UserId;
use domain::permission::ServerRole;

use crate::{Conn, FromRow, Result, Row, Sql};

/// An account as its row has it.
#[derive(Debug, Clone)]
pub struct UserRow {
    /// The account.
    pub id: UserId,
    /// Its name, which never changes.
    pub name: String,
    /// Its e-mail address, as it was typed.
    pub email: Option<String>,
    /// What it is on the server.
    pub role: ServerRole,
    /// Hash of its password in PHC form.
    pub password_hash: Option<String>,
    /// The sealed secret of its second factor, confirmed or on its way.
    pub totp_secret: Option<String>,
    /// Since when a sign-in asks for the second factor.
    pub totp_confirmed_at: Option<Millis>,
    /// Since when it cannot be used.
    pub disabled_at: Option<Millis>,
    /// When it was made.
    pub created_at: Millis,
}

macro_rules! user_columns {
    () => {
        "SELECT id, name, email, role, password_hash, totp_secret, totp_confirmed_at, disabled_at, created_at FROM users "
    };
}

impl FromRow for UserRow {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            name: row.get(1)?,
            email: row.get(2)?,
            role: row.parse(3)?,
            password_hash: row.get(4)?,
            totp_secret: row.get(5)?,
            totp_confirmed_at: row.get(6)?,
            disabled_at: row.get(7)?,
            created_at: row.get(8)?,
        })
    }
}

/// An account to be made.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The account.
    pub id: UserId,
    /// Its name.
    pub name: String,
    /// The name as names are compared.
    pub name_key: String,
    /// Its e-mail address and the same as addresses are compared.
    pub email: Option<(String, String)>,
    /// What it is on the server.
    pub role: ServerRole,
    /// Hash of its password in PHC form.
    pub password_hash: String,
    /// Now.
    pub at: Millis,
}

/// Makes an account. False: the name or the address is another's.
pub fn insert(conn: &mut Conn, user: &NewUser) -> Result<bool> {
    const INSERT: Sql = Sql::new(
        "INSERT INTO users (id, name, name_key, email, email_key, role, password_hash, password_set_at, created_at, \
         updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $8) ON CONFLICT DO NOTHING",
    );
    let (email, email_key) = user.email.as_ref().map(|(email, key)| (email, key)).unzip();
    let inserted = conn.execute(
        INSERT,
        &[
            &user.id,
            &user.name,
            &user.name_key,
            &email,
            &email_key,
            &user.role.as_str(),
            &user.password_hash,
            &user.at,
        ],
    )?;
    Ok(inserted == 1)
}

/// Whether there is any account.
pub fn any(conn: &mut Conn) -> Result<bool> {
    const ANY: Sql = Sql::new("SELECT EXISTS (SELECT 1 FROM users)");
    conn.query_one(ANY, &[])
}

/// One account.
pub fn get(conn: &mut Conn, id: UserId) -> Result<Option<UserRow>> {
    const GET: Sql = Sql::new(concat!(user_columns!(), "WHERE id = $1"));
    conn.query_opt(GET, &[&id])
}

/// The account of a name or of an e-mail address, as those are compared. No name is an address.
pub fn find(conn: &mut Conn, key: &str) -> Result<Option<UserRow>> {
    const FIND: Sql = Sql::new(concat!(user_columns!(), "WHERE name_key = $1 OR email_key = $1"));
    conn.query_opt(FIND, &[&key])
}

/// Accounts in the order in which they were made.
pub fn list(conn: &mut Conn, after: Option<UserId>, limit: i64) -> Result<Vec<UserRow>> {
    const LIST: Sql = Sql::new(concat!(user_columns!(), "WHERE id > $1 ORDER BY id LIMIT $2"));
    conn.query_all(LIST, &[&after.map(|id| id.to_string()).unwrap_or_default(), &limit])
}

/// Gives an account another role. False: there would be no admin left, or there is no such account.
///
/// Only a serializable write may run it: of two that each leave the other's admin, one must see the other.
pub fn set_role(conn: &mut Conn, id: UserId, role: ServerRole, at: Millis) -> Result<bool> {
    const SET: Sql = Sql::new(
        "UPDATE users SET role = $2, updated_at = $3 WHERE id = $1 AND ($2 = 'admin' OR role <> 'admin' \
         OR disabled_at IS NOT NULL OR EXISTS (SELECT 1 FROM users others WHERE others.role = 'admin' \
         AND others.disabled_at IS NULL AND others.id <> $1))",
    );
    Ok(conn.execute(SET, &[&id, &role.as_str(), &at])? == 1)
}

/// Disables an account, or enables it (`None`). False: there would be no admin left, or there is no such account.
///
/// Only a serializable write may run it, as [`set_role`].
pub fn set_disabled(conn: &mut Conn, id: UserId, disabled_at: Option<Millis>, at: Millis) -> Result<bool> {
    const SET: Sql = Sql::new(
        "UPDATE users SET disabled_at = CAST($2 AS BIGINT), updated_at = $3 WHERE id = $1 AND (CAST($2 AS BIGINT) IS NULL \
         OR role <> 'admin' OR EXISTS (SELECT 1 FROM users others WHERE others.role = 'admin' \
         AND others.disabled_at IS NULL AND others.id <> $1))",
    );
    Ok(conn.execute(SET, &[&id, &disabled_at, &at])? == 1)
}

/// Sets the e-mail address, or takes it away. False: it is another's.
pub fn set_email(conn: &mut Conn, id: UserId, email: Option<&(String, String)>, at: Millis) -> Result<bool> {
    const SET: Sql = Sql::new(
        "UPDATE users SET email = $2, email_key = $3, updated_at = $4 WHERE id = $1 \
         AND NOT EXISTS (SELECT 1 FROM users others WHERE others.email_key = CAST($3 AS TEXT) AND others.id <> $1)",
    );
    let (email, email_key) = email.map(|(email, key)| (email, key)).unzip();
    Ok(conn.execute(SET, &[&id, &email, &email_key, &at])? == 1)
}

/// Sets the hash of the password, if it still is `before`. False: another was set meanwhile.
pub fn set_password(
    conn: &mut Conn,
    id: UserId,
    before: Option<&str>,
    hash: &str,
    at: Millis,
) -> Result<bool> {
    const SET: Sql = Sql::new(
        "UPDATE users SET password_hash = $3, password_set_at = $4, updated_at = $4 \
         WHERE id = $1 AND COALESCE(password_hash, '') = $2",
    );
    Ok(conn.execute(SET, &[&id, &before.unwrap_or_default(), &hash, &at])? == 1)
}

/// Puts the hash of the same password under other parameters in the place of `before`.
pub fn set_hash(conn: &mut Conn, id: UserId, before: &str, hash: &str) -> Result<()> {
    const SET: Sql = Sql::new("UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2");
    conn.execute(SET, &[&id, &before, &hash]).map(drop)
}

/// Begins a second factor, in the place of one that was not confirmed. False: there is one that was.
pub fn begin_totp(conn: &mut Conn, id: UserId, sealed: &str, at: Millis) -> Result<bool> {
    const BEGIN: Sql = Sql::new(
        "UPDATE users SET totp_secret = $2, totp_last_step = NULL, updated_at = $3 \
         WHERE id = $1 AND totp_confirmed_at IS NULL",
    );
    Ok(conn.execute(BEGIN, &[&id, &sealed, &at])? == 1)
}

/// From now on a sign-in asks for the second factor. False: it does already, or it is not the one that was begun.
pub fn confirm_totp(conn: &mut Conn, id: UserId, sealed: &str, at: Millis) -> Result<bool> {
    const CONFIRM: Sql = Sql::new(
        "UPDATE users SET totp_confirmed_at = $3, updated_at = $3 \
         WHERE id = $1 AND totp_secret = $2 AND totp_confirmed_at IS NULL",
    );
    Ok(conn.execute(CONFIRM, &[&id, &sealed, &at])? == 1)
}

/// Takes the code of a step of 30 seconds. False: it, or a later one, was taken already.
pub fn take_totp_step(conn: &mut Conn, id: UserId, step: i64) -> Result<bool> {
    const TAKE: Sql = Sql::new(
        "UPDATE users SET totp_last_step = $2 WHERE id = $1 AND totp_secret IS NOT NULL \
         AND COALESCE(totp_last_step, -1) < $2",
    );
    Ok(conn.execute(TAKE, &[&id, &step])? == 1)
}

/// Takes the second factor away. False: there was none.
pub fn remove_totp(conn: &mut Conn, id: UserId, at: Millis) -> Result<bool> {
    const REMOVE: Sql = Sql::new(
        "UPDATE users SET totp_secret = NULL, totp_confirmed_at = NULL, totp_last_step = NULL, updated_at = $2 \
         WHERE id = $1 AND totp_secret IS NOT NULL",
    );
    Ok(conn.execute(REMOVE, &[&id, &at])? == 1)
}
