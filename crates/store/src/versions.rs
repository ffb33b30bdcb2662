//! Versions: immutable contents of a card.

use domain::clock::Millis;
use domain::ids::{CardId, VersionId};

use crate::{Conn, FromRow, Result, Row, Sql};

/// A version as its row has it.
#[derive(Debug, Clone)]
pub struct VersionRow {
    /// Its number in the card, from 1.
    pub number: i64,
    /// What changed, in the author's words.
    pub message: String,
    /// Who saved it.
    pub author: String,
    /// When that was.
    pub created_at: Millis,
    /// SHA-256 of the content.
    pub content_hash: String,
    /// The content, as JSON.
    pub content: String,
}

impl FromRow for VersionRow {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            number: row.get(0)?,
            message: row.get(1)?,
            author: row.get(2)?,
            created_at: row.get(3)?,
            content_hash: row.get(4)?,
            content: row.get(5)?,
        })
    }
}

macro_rules! version_columns {
    () => {
        "SELECT number, message, author, created_at, content_hash, content FROM card_versions "
    };
}

/// Inserts the card's next version, whose number its row must carry, and makes it the latest.
pub fn insert(conn: &mut Conn, id: VersionId, card: CardId, version: &VersionRow) -> Result<()> {
    const INSERT: Sql = Sql::new(
        "INSERT INTO card_versions (id, card_id, number, content, content_hash, message, author, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    );
    const LATEST: Sql = Sql::new("UPDATE cards SET latest_version = $2, updated_at = $3 WHERE id = $1");
    conn.execute(
        INSERT,
        &[
            &id,
            &card,
            &version.number,
            &version.content,
            &version.content_hash,
            &version.message,
            &version.author,
            &version.created_at,
        ],
    )?;
    conn.execute(LATEST, &[&card, &version.number, &version.created_at]).map(drop)
}

/// Number of the latest version of a card; 0 while there is none.
pub fn latest(conn: &mut Conn, card: CardId) -> Result<i64> {
    const LATEST: Sql = Sql::new("SELECT latest_version FROM cards WHERE id = $1");
    conn.query_one(LATEST, &[&card])
}

/// One version of a card.
pub fn get(conn: &mut Conn, card: CardId, number: i64) -> Result<Option<VersionRow>> {
    const GET: Sql = Sql::new(concat!(version_columns!(), "WHERE card_id = $1 AND number = $2"));
    conn.query_opt(GET, &[&card, &number])
}

/// Versions of a card below a number, newest first.
pub fn list(conn: &mut Conn, card: CardId, below: i64, limit: i64) -> Result<Vec<VersionRow>> {
    const LIST: Sql = Sql::new(concat!(
        version_columns!(),
        "WHERE card_id = $1 AND number < $2 ORDER BY number DESC LIMIT $3"
    ));
    conn.query_all(LIST, &[&card, &below, &limit])
}
