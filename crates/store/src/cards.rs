//! Cards, their tags, and the full-text index over them.

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
        "SELECT cards.id, cards.slug, cards.title, cards.description, cards.folder, cards.suite_id, \
         cards.latest_version, cards.revision, cards.archived_at, cards.created_at, cards.updated_at FROM cards "
    };
}

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
    const FIND: Sql = Sql::new(concat!(card_columns!(), "WHERE workspace_id = $1 AND slug = $2"));
    conn.query_opt(FIND, &[&workspace, &slug])
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

/// Replaces what full-text search finds the card by.
pub fn index(conn: &mut Conn, card: &CardRow, tags: &[String], template: &str) -> Result<()> {
    const CLEAR: Sql = Sql::new("DELETE FROM card_search WHERE card_id = $1");
    const INSERT: Sql = Sql::new(
        "INSERT INTO card_search (card_id, title, slug, description, tags, template) \
         VALUES ($1, $2, $3, $4, $5, $6)",
    );
    conn.execute(CLEAR, &[&card.id])?;
    conn.execute(INSERT, &[&card.id, &card.title, &card.slug, &card.description, &tags.join(" "), &template])
        .map(drop)
}

/// Which cards a list shows.
#[derive(Debug, Clone, Default)]
pub struct CardFilter {
    /// Words to find, each the beginning of a word in title, slug, description, tags or template.
    pub search: Option<String>,
    /// Only cards in this folder or below it.
    pub folder: Option<String>,
    /// Only cards with this tag.
    pub tag: Option<String>,
    /// Only cards with this label; the empty text: only cards without any.
    pub label: Option<String>,
    /// Archived cards instead of the others.
    pub archived: bool,
    /// Only cards that changed before this one did: `(updated_at, id)`.
    pub before: Option<(Millis, CardId)>,
    /// At most so many.
    pub limit: i64,
}

macro_rules! card_filter {
    () => {
        "WHERE workspace_id = $1 AND (cards.archived_at IS NOT NULL) = ($2 = 1) \
         AND (CAST($3 AS TEXT) IS NULL OR folder = $3 OR (folder > $3 || '/' AND folder < $3 || '0')) \
         AND (CAST($4 AS TEXT) IS NULL OR EXISTS (SELECT 1 FROM card_tags WHERE card_id = cards.id AND tag = $4)) \
         AND (CAST($5 AS TEXT) IS NULL \
              OR ($5 = '' AND NOT EXISTS (SELECT 1 FROM labels WHERE card_id = cards.id)) \
              OR EXISTS (SELECT 1 FROM labels WHERE card_id = cards.id AND name = $5)) \
         AND (CAST($6 AS BIGINT) IS NULL OR (updated_at, cards.id) < ($6, $7)) "
    };
}

/// Cards, the last changed first.
pub fn list(conn: &mut Conn, workspace: WorkspaceId, filter: &CardFilter) -> Result<Vec<CardRow>> {
    const ALL: Sql = Sql::new(concat!(
        card_columns!(),
        card_filter!(),
        "ORDER BY updated_at DESC, cards.id DESC LIMIT $8"
    ));
    // One of the statements that differ by database: full-text search.
    const FOUND: Sql = Sql::new(concat!(
        card_columns!(),
        card_filter!(),
        "AND cards.id IN (SELECT card_id FROM card_search WHERE card_search MATCH $9) \
         ORDER BY updated_at DESC, cards.id DESC LIMIT $8"
    ));
    let before_time = filter.before.map(|(time, _)| time);
    let before_id = filter.before.map(|(_, id)| id);
    let query = filter.search.as_deref().map(match_query).filter(|query| !query.is_empty());
    match query {
        None => conn.query_all(
            ALL,
            &[
                &workspace,
                &filter.archived,
                &filter.folder,
                &filter.tag,
                &filter.label,
                &before_time,
                &before_id,
                &filter.limit,
            ],
        ),
        Some(query) => conn.query_all(
            FOUND,
            &[
                &workspace,
                &filter.archived,
                &filter.folder,
                &filter.tag,
                &filter.label,
                &before_time,
                &before_id,
                &filter.limit,
                &query,
            ],
        ),
    }
}

/// The words of a search as FTS5 takes them: each quoted, each the beginning of a word, all required.
fn match_query(search: &str) -> String {
    search
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| format!("\"{word}\"*"))
        .collect::<Vec<_>>()
        .join(" ")
}

/// A name and how many cards have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facet {
    /// The folder, tag or label.
    pub name: String,
    /// Cards that are not archived and have it.
    pub count: i64,
}

impl FromRow for Facet {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self { name: row.get(0)?, count: row.get(1)? })
    }
}

/// How many cards there are, by what a list can be narrowed to.
#[derive(Debug, Clone)]
pub struct Facets {
    /// By folder.
    pub folders: Vec<Facet>,
    /// By tag.
    pub tags: Vec<Facet>,
    /// By label.
    pub labels: Vec<Facet>,
    /// All that are not archived.
    pub total: i64,
    /// All that are.
    pub archived: i64,
}

/// Counts the cards of a workspace.
pub fn facets(conn: &mut Conn, workspace: WorkspaceId) -> Result<Facets> {
    const FOLDERS: Sql = Sql::new(
        "SELECT folder, COUNT(*) FROM cards WHERE workspace_id = $1 AND archived_at IS NULL \
         GROUP BY folder ORDER BY folder",
    );
    const TAGS: Sql = Sql::new(
        "SELECT tag, COUNT(*) FROM card_tags JOIN cards ON cards.id = card_id \
         WHERE workspace_id = $1 AND archived_at IS NULL GROUP BY tag ORDER BY COUNT(*) DESC, tag LIMIT 100",
    );
    const LABELS: Sql = Sql::new(
        "SELECT name, COUNT(*) FROM labels JOIN cards ON cards.id = card_id \
         WHERE workspace_id = $1 AND archived_at IS NULL GROUP BY name ORDER BY name",
    );
    const TOTALS: Sql = Sql::new(
        "SELECT COUNT(*) - COUNT(archived_at), COUNT(archived_at) FROM cards WHERE workspace_id = $1",
    );
    let (total, archived) = conn.query_one(TOTALS, &[&workspace])?;
    Ok(Facets {
        folders: conn.query_all(FOLDERS, &[&workspace])?,
        tags: conn.query_all(TAGS, &[&workspace])?,
        labels: conn.query_all(LABELS, &[&workspace])?,
        total,
        archived,
    })
}

/// The last finished run of a card: its id, number, passed and judged cells, whether it was simulated.
pub fn last_rate(conn: &mut Conn, card: CardId) -> Result<Option<LastRate>> {
    const LAST: Sql = Sql::new(
        "SELECT r.id, r.number, r.simulated, CAST(SUM(c.pass) AS BIGINT), \
         CAST(SUM(c.pass + c.fail) AS BIGINT) FROM runs r \
         JOIN run_columns c ON c.run_id = r.id \
         WHERE r.id = (SELECT v.run_id FROM run_versions v JOIN runs ON runs.id = v.run_id \
                       WHERE v.card_id = $1 AND runs.state = 'finished' ORDER BY v.run_id DESC LIMIT 1) \
         AND EXISTS (SELECT 1 FROM run_versions v WHERE v.run_id = r.id AND v.card_id = $1 \
                     AND v.position = c.position % r.versions) \
         GROUP BY r.id, r.number, r.simulated",
    );
    conn.query_opt(LAST, &[&card])
}

/// See [`last_rate`].
#[derive(Debug, Clone)]
pub struct LastRate {
    /// The run.
    pub run_id: domain::ids::RunId,
    /// Its number.
    pub run_number: i64,
    /// Whether all its models are simulated.
    pub simulated: bool,
    /// Cells of the card that passed.
    pub passed: i64,
    /// Cells of the card that passed or failed.
    pub judged: i64,
}

impl FromRow for LastRate {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            run_id: row.get(0)?,
            run_number: row.get(1)?,
            simulated: row.get(2)?,
            passed: row.get(3)?,
            judged: row.get(4)?,
        })
    }
}
