//! Cards and their tags.

use domain::clock::Millis;
use domain::ids::{CardId, SuiteId, WorkspaceId};

use crate::{Conn, FromRow, InsertMany, Result, Row, Sql};

/// A card as its row has it.
#[derive(Debug, Clone)]
pub struct CardRow {
    /// The card.
    pub id: CardId,
    /// Its name in addresses, unique in the workspace.
    pub slug: String,
    /// Its name for people.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// Path of its folder, parts separated by `/`; empty at the top.
    pub folder: String,
    /// Its suite of cases.
    pub suite_id: SuiteId,
    /// Number of its latest version; 0 while there is none.
    pub latest_version: i64,
    /// Grows with every change of the card itself.
    pub revision: i64,
    /// When it was archived, if it is.
    pub archived_at: Option<Millis>,
    /// When it was made.
    pub created_at: Millis,
    /// When it, its draft, a version or a label last changed.
    pub updated_at: Millis,
}

macro_rules! card_columns {
    () => {
        "cards.id, cards.slug, cards.title, cards.description, cards.folder, cards.suite_id, \
         cards.latest_version, cards.revision, cards.archived_at, cards.created_at, cards.updated_at"
    };
}
pub(crate) use card_columns;

impl FromRow for CardRow {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            slug: row.get(1)?,
            title: row.get(2)?,
            description: row.get(3)?,
            folder: row.get(4)?,
            suite_id: row.get(5)?,
            latest_version: row.get(6)?,
            revision: row.get(7)?,
            archived_at: row.get(8)?,
            created_at: row.get(9)?,
            updated_at: row.get(10)?,
        })
    }
}

/// Inserts a card. False: the slug is taken.
pub fn insert(conn: &mut Conn, workspace: WorkspaceId, card: &CardRow) -> Result<bool> {
    const INSERT: Sql = Sql::new(
        "INSERT INTO cards (id, workspace_id, slug, title, description, folder, suite_id, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (workspace_id, slug) DO NOTHING",
    );
    let inserted = conn.execute(
        INSERT,
        &[
            &card.id,
            &workspace,
            &card.slug,
            &card.title,
            &card.description,
            &card.folder,
            &card.suite_id,
            &card.created_at,
            &card.updated_at,
        ],
    )?;
    Ok(inserted == 1)
}

/// The card of this slug.
pub fn find(conn: &mut Conn, workspace: WorkspaceId, slug: &str) -> Result<Option<CardRow>> {
    const FIND: Sql =
        Sql::new(concat!("SELECT ", card_columns!(), " FROM cards WHERE workspace_id = $1 AND slug = $2"));
    conn.query_opt(FIND, &[&workspace, &slug])
}

/// The card of this id.
pub fn get(conn: &mut Conn, card: CardId) -> Result<Option<CardRow>> {
    const GET: Sql = Sql::new(concat!("SELECT ", card_columns!(), " FROM cards WHERE id = $1"));
    conn.query_opt(GET, &[&card])
}

/// All cards, archived ones too, by slug.
pub fn all(conn: &mut Conn, workspace: WorkspaceId) -> Result<Vec<CardRow>> {
    const ALL: Sql =
        Sql::new(concat!("SELECT ", card_columns!(), " FROM cards WHERE workspace_id = $1 ORDER BY slug"));
    conn.query_all(ALL, &[&workspace])
}

/// The slugs of the cards that use a suite, sorted.
pub fn of_suite(conn: &mut Conn, suite: SuiteId) -> Result<Vec<String>> {
    const OF_SUITE: Sql = Sql::new("SELECT slug FROM cards WHERE suite_id = $1 ORDER BY slug");
    conn.query_all(OF_SUITE, &[&suite])
}

/// Writes title, description, folder, slug and suite, if the revision is still this one. False: it is not.
/// A slug that is taken is [`Error::Constraint`](crate::Error::Constraint): look with [`find`] first.
pub fn update(conn: &mut Conn, card: &CardRow, expected_revision: i64, at: Millis) -> Result<bool> {
    const UPDATE: Sql = Sql::new(
        "UPDATE cards SET title = $3, description = $4, folder = $5, slug = $6, suite_id = $7, \
         updated_at = $8, revision = revision + 1 WHERE id = $1 AND revision = $2",
    );
    let changed = conn.execute(
        UPDATE,
        &[
            &card.id,
            &expected_revision,
            &card.title,
            &card.description,
            &card.folder,
            &card.slug,
            &card.suite_id,
            &at,
        ],
    )?;
    Ok(changed == 1)
}

/// Archives the card (`at` given) or restores it.
pub fn set_archived(conn: &mut Conn, card: CardId, archived_at: Option<Millis>, at: Millis) -> Result<()> {
    const SET: Sql =
        Sql::new("UPDATE cards SET archived_at = $2, updated_at = $3, revision = revision + 1 WHERE id = $1");
    conn.execute(SET, &[&card, &archived_at, &at]).map(drop)
}

/// Marks the card as changed, without a new revision: its draft, a version or a label did.
pub fn touch(conn: &mut Conn, card: CardId, at: Millis) -> Result<()> {
    const TOUCH: Sql = Sql::new("UPDATE cards SET updated_at = $2 WHERE id = $1");
    conn.execute(TOUCH, &[&card, &at]).map(drop)
}

/// The tags of a card, sorted.
pub fn tags(conn: &mut Conn, card: CardId) -> Result<Vec<String>> {
    const TAGS: Sql = Sql::new("SELECT tag FROM card_tags WHERE card_id = $1 ORDER BY tag");
    conn.query_all(TAGS, &[&card])
}

/// Replaces the tags of a card.
pub fn set_tags(conn: &mut Conn, card: CardId, tags: &[String]) -> Result<()> {
    const CLEAR: Sql = Sql::new("DELETE FROM card_tags WHERE card_id = $1");
    const INSERT: InsertMany<2> =
        InsertMany::new("INSERT INTO card_tags (card_id, tag)", "ON CONFLICT DO NOTHING");
    conn.execute(CLEAR, &[&card])?;
    conn.insert_many(&INSERT, tags, |tag| [&card, tag]).map(drop)
}
