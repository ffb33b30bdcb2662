//! Labels: names that point to a version of a card, and every move they made.

use domain::clock::Millis;
use domain::ids::CardId;

use crate::{Conn, FromRow, Result, Row, Sql};

/// A label as its row has it.
#[derive(Debug, Clone)]
pub struct LabelRow {
    /// Its name.
    pub name: String,
    /// Number of the version that it points to.
    pub version: i64,
    /// Grows with every move.
    pub revision: i64,
    /// Who moved it last.
    pub moved_by: String,
    /// When that was.
    pub moved_at: Millis,
}

impl FromRow for LabelRow {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            name: row.get(0)?,
            version: row.get(1)?,
            revision: row.get(2)?,
            moved_by: row.get(3)?,
            moved_at: row.get(4)?,
        })
    }
}

/// One move of a label.
#[derive(Debug, Clone)]
pub struct LabelMove {
    /// The move.
    pub id: String,
    /// The version it pointed to before, if any.
    pub from_version: Option<i64>,
    /// The version it pointed to after, unless it was removed.
    pub to_version: Option<i64>,
    /// Who moved it.
    pub moved_by: String,
    /// When that was.
    pub moved_at: Millis,
}

impl FromRow for LabelMove {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            from_version: row.get(1)?,
            to_version: row.get(2)?,
            moved_by: row.get(3)?,
            moved_at: row.get(4)?,
        })
    }
}

/// The labels of a card, by name.
pub fn of_card(conn: &mut Conn, card: CardId) -> Result<Vec<LabelRow>> {
    const OF_CARD: Sql = Sql::new(
        "SELECT name, version, revision, moved_by, moved_at FROM labels WHERE card_id = $1 ORDER BY name",
    );
    conn.query_all(OF_CARD, &[&card])
}

/// One label of a card.
pub fn get(conn: &mut Conn, card: CardId, name: &str) -> Result<Option<LabelRow>> {
    const GET: Sql = Sql::new(
        "SELECT name, version, revision, moved_by, moved_at FROM labels WHERE card_id = $1 AND name = $2",
    );
    conn.query_opt(GET, &[&card, &name])
}

/// Points the label to a version, or removes it (`None`), and keeps the move under `move_id`.
pub fn set(
    conn: &mut Conn,
    move_id: &str,
    card: CardId,
    name: &str,
    version: Option<i64>,
    by: &str,
    at: Millis,
) -> Result<()> {
    const PUT: Sql = Sql::new(
        "INSERT INTO labels (card_id, name, version, moved_by, moved_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (card_id, name) DO UPDATE SET version = excluded.version, \
         moved_by = excluded.moved_by, moved_at = excluded.moved_at, revision = labels.revision + 1",
    );
    const REMOVE: Sql = Sql::new("DELETE FROM labels WHERE card_id = $1 AND name = $2");
    const KEEP: Sql = Sql::new(
        "INSERT INTO label_moves (id, card_id, name, from_version, to_version, moved_by, moved_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    );
    let before = get(conn, card, name)?.map(|label| label.version);
    match version {
        Some(version) => conn.execute(PUT, &[&card, &name, &version, &by, &at])?,
        None => conn.execute(REMOVE, &[&card, &name])?,
    };
    conn.execute(KEEP, &[&move_id, &card, &name, &before, &version, &by, &at]).map(drop)
}

/// The moves of a label, newest first.
pub fn history(
    conn: &mut Conn,
    card: CardId,
    name: &str,
    before: Option<&str>,
    limit: i64,
) -> Result<Vec<LabelMove>> {
    const HISTORY: Sql = Sql::new(
        "SELECT id, from_version, to_version, moved_by, moved_at FROM label_moves \
         WHERE card_id = $1 AND name = $2 AND id < $3 ORDER BY id DESC LIMIT $4",
    );
    // No id is larger.
    conn.query_all(HISTORY, &[&card, &name, &before.unwrap_or("~"), &limit])
}
