//! The keys that access tokens are signed with.

use domain::clock::Millis;

use crate::{Conn, FromRow, Result, Row, Sql};

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// It is known everywhere before anything is signed with it.
    Next,
    /// Tokens are signed with it.
    Active,
    /// Tokens that were signed with it are still taken.
    Retired,
}

impl KeyState {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Active => "active",
            Self::Retired => "retired",
        }
    }
}

impl std::str::FromStr for KeyState {
    type Err = &'static str;

    fn from_str(word: &str) -> std::result::Result<Self, Self::Err> {
        match word {
            "next" => Ok(Self::Next),
            "active" => Ok(Self::Active),
            "retired" => Ok(Self::Retired),
            _ => Err("no state of a signing key"),
        }
    }
}

/// A key as its row has it.
#[derive(Clone)]
pub struct SigningKeyRow {
    /// Its thumbprint.
    pub id: String,
    /// What it is for.
    pub state: KeyState,
    /// The public half, base64url.
    pub public_key: String,
    /// The private half, sealed.
    pub private_key: String,
    /// Since when it signs.
    pub activated_at: Option<Millis>,
}

impl FromRow for SigningKeyRow {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            state: row.parse(1)?,
            public_key: row.get(2)?,
            private_key: row.get(3)?,
            activated_at: row.get(4)?,
        })
    }
}

/// Every key.
pub fn all(conn: &mut Conn) -> Result<Vec<SigningKeyRow>> {
    const ALL: Sql =
        Sql::new("SELECT id, state, public_key, private_key, activated_at FROM signing_keys ORDER BY id");
    conn.query_all(ALL, &[])
}

/// Adds a key.
pub fn insert(conn: &mut Conn, key: &SigningKeyRow, at: Millis) -> Result<()> {
    const INSERT: Sql = Sql::new(
        "INSERT INTO signing_keys (id, state, public_key, private_key, created_at, activated_at) \
         VALUES ($1, $2, $3, $4, $5, $6)",
    );
    conn.execute(
        INSERT,
        &[&key.id, &key.state.as_str(), &key.public_key, &key.private_key, &at, &key.activated_at],
    )
    .map(drop)
}

/// Retires the active key and makes the next one active. Only a serializable write may run it.
pub fn advance(conn: &mut Conn, at: Millis) -> Result<()> {
    const RETIRE: Sql =
        Sql::new("UPDATE signing_keys SET state = 'retired', retired_at = $1 WHERE state = 'active'");
    const ACTIVATE: Sql =
        Sql::new("UPDATE signing_keys SET state = 'active', activated_at = $1 WHERE state = 'next'");
    conn.execute(RETIRE, &[&at])?;
    conn.execute(ACTIVATE, &[&at]).map(drop)
}

/// Takes the keys away that were retired before a time.
pub fn forget(conn: &mut Conn, before: Millis) -> Result<u64> {
    const FORGET: Sql = Sql::new("DELETE FROM signing_keys WHERE state = 'retired' AND retired_at < $1");
    conn.execute(FORGET, &[&before])
}
