//! Drafts: the one editable copy of a card.

use domain::clock::Millis;
use domain::ids::CardId;

use crate::{Conn, FromRow, Result, Row, Sql};

/// A draft as its row has it.
#[derive(Debug, Clone)]
pub struct DraftRow {
    /// The content, as JSON.
    pub content: String,
    /// Number of the version that it started from; 0 where there was none.
    pub based_on: i64,
    /// Grows with every change.
    pub revision: i64,
    /// Who changed it last.
    pub updated_by: String,
    /// When that was.
    pub updated_at: Millis,
}

impl FromRow for DraftRow {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            content: row.get(0)?,
            based_on: row.get(1)?,
            revision: row.get(2)?,
            updated_by: row.get(3)?,
            updated_at: row.get(4)?,
        })
    }
}

/// Inserts the draft of a new card.
pub fn insert(conn: &mut Conn, card: CardId, content: &str, by: &str, at: Millis) -> Result<()> {
    const INSERT: Sql = Sql::new(
        "INSERT INTO card_drafts (card_id, content, based_on, updated_by, updated_at) VALUES ($1, $2, 0, $3, $4)",
    );
    conn.execute(INSERT, &[&card, &content, &by, &at]).map(drop)
}

/// The draft of a card.
pub fn get(conn: &mut Conn, card: CardId) -> Result<DraftRow> {
    const GET: Sql = Sql::new(
        "SELECT content, based_on, revision, updated_by, updated_at FROM card_drafts WHERE card_id = $1",
    );
    conn.query_one(GET, &[&card])
}

/// Replaces the draft, if its revision is still this one. False: it is not.
pub fn replace(
    conn: &mut Conn,
    card: CardId,
    expected_revision: i64,
    content: &str,
    based_on: i64,
    by: &str,
    at: Millis,
) -> Result<bool> {
    const REPLACE: Sql = Sql::new(
        "UPDATE card_drafts SET content = $3, based_on = $4, updated_by = $5, updated_at = $6, \
         revision = revision + 1 WHERE card_id = $1 AND revision = $2",
    );
    Ok(conn.execute(REPLACE, &[&card, &expected_revision, &content, &based_on, &by, &at])? == 1)
}
