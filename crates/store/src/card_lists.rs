//! Cards as lists show them: with tags, labels, cases and the last run, each page by one statement.

use domain::clock::Millis;
use domain::ids::{CardId, RunId, WorkspaceId};

use crate::cards::{CardRow, card_columns};
use crate::sql::SqlPair;
use crate::{Conn, FromRow, Result, Row, Sql, ToValue, card_search};

/// A card with what belongs to it.
#[derive(Debug, Clone)]
pub struct ListedCard {
    /// Its row.
    pub card: CardRow,
    /// Its tags, sorted.
    pub tags: Vec<String>,
    /// Its labels, by name, each with the number of the version that it points to.
    pub labels: Vec<(String, i64)>,
    /// How many cases its suite has.
    pub case_count: i64,
    /// Whether its draft is, letter for letter, its latest version. None: it has no version.
    pub draft_is_version: Option<bool>,
    /// Its last finished run.
    pub last_run: Option<RunId>,
}

/// One statement for a card and all of this: a list of 20 cards took 120 of them, and each costs more than what it
/// reads. Tags and labels have no comma and no space in them.
macro_rules! listed_columns {
    () => {
        concat!(
            "SELECT ",
            card_columns!(),
            ", (SELECT string_agg(tag, ',') FROM card_tags WHERE card_id = cards.id), \
             (SELECT string_agg(name || ' ' || version, ',') FROM labels WHERE card_id = cards.id), \
             (SELECT case_count FROM suites WHERE suites.id = cards.suite_id), \
             (SELECT CASE WHEN d.content = v.content THEN 1 ELSE 0 END FROM card_drafts d \
              JOIN card_versions v ON v.card_id = d.card_id \
              WHERE d.card_id = cards.id AND v.number = cards.latest_version), \
             (SELECT v.run_id FROM run_versions v JOIN runs ON runs.id = v.run_id \
              WHERE v.card_id = cards.id AND runs.state = 'finished' ORDER BY v.run_id DESC LIMIT 1) \
             FROM cards "
        )
    };
}

impl FromRow for ListedCard {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let words = |text: Option<String>| -> Vec<String> {
            let mut words: Vec<_> = text.iter().flat_map(|text| text.split(',')).map(str::to_owned).collect();
            words.sort_unstable();
            words
        };
        let labels = words(row.get(12)?);
        let labels = labels.iter().map(|label| {
            let parts = label.split_once(' ');
            let label = parts.and_then(|(name, version)| Some((name.to_owned(), version.parse().ok()?)));
            label.ok_or_else(|| row.corrupt(12, "no name and number of a label"))
        });
        Ok(Self {
            card: CardRow::from_row(row)?,
            tags: words(row.get(11)?),
            labels: labels.collect::<Result<_>>()?,
            case_count: row.get::<Option<i64>>(13)?.unwrap_or(0),
            draft_is_version: row.get(14)?,
            last_run: row.get(15)?,
        })
    }
}

/// The card of this slug.
pub fn find(conn: &mut Conn, workspace: WorkspaceId, slug: &str) -> Result<Option<ListedCard>> {
    const FIND: Sql = Sql::new(concat!(listed_columns!(), "WHERE workspace_id = $1 AND slug = $2"));
    conn.query_opt(FIND, &[&workspace, &slug])
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

/// A value is asked for and not whether there is one: `PostgreSQL` would answer that from a list of all labels.
macro_rules! card_filter {
    () => {
        "WHERE workspace_id = $1 AND (cards.archived_at IS NOT NULL) = ($2 = 1) \
         AND (CAST($3 AS TEXT) IS NULL OR folder = $3 OR (folder > $3 || '/' AND folder < $3 || '0')) \
         AND (CAST($4 AS TEXT) IS NULL OR (SELECT tag FROM card_tags WHERE card_id = cards.id AND tag = $4) IS NOT NULL) \
         AND (CAST($5 AS TEXT) IS NULL \
              OR ($5 = '' AND (SELECT MIN(name) FROM labels WHERE card_id = cards.id) IS NULL) \
              OR (SELECT name FROM labels WHERE card_id = cards.id AND name = $5) IS NOT NULL) \
         AND (updated_at, cards.id) < ($6, $7) "
    };
}

/// Cards, the last changed first.
pub fn list(conn: &mut Conn, workspace: WorkspaceId, filter: &CardFilter) -> Result<Vec<ListedCard>> {
    const ALL: Sql = Sql::new(concat!(
        listed_columns!(),
        card_filter!(),
        "ORDER BY updated_at DESC, cards.id DESC LIMIT $8"
    ));
    // Those that are found come first, or SQLite walks all cards to see which of them are.
    const FOUND: SqlPair = SqlPair::new(
        concat!(
            listed_columns!(),
            "WHERE cards.number IN (SELECT cards.number FROM card_search \
             CROSS JOIN cards ON cards.number = card_search.rowid ",
            card_filter!(),
            "AND card_search MATCH $9 ORDER BY updated_at DESC, cards.id DESC LIMIT $8) \
             ORDER BY updated_at DESC, cards.id DESC"
        ),
        concat!(
            listed_columns!(),
            card_filter!(),
            "AND cards.number IN (SELECT card_number FROM card_search \
             WHERE words @@ CAST(CAST($9 AS TEXT) AS TSQUERY)) \
             ORDER BY updated_at DESC, cards.id DESC LIMIT $8"
        ),
    );
    // No card changed later, and no id is larger: what is compared in any case is where an index begins.
    let (before_time, before_id) =
        filter.before.map_or_else(|| (i64::MAX, "~".to_owned()), |(time, id)| (time, id.to_string()));
    let mut params: Vec<&dyn ToValue> = vec![
        &workspace,
        &filter.archived,
        &filter.folder,
        &filter.tag,
        &filter.label,
        &before_time,
        &before_id,
        &filter.limit,
    ];
    let query = filter.search.as_deref().and_then(|search| card_search::query(conn, search));
    let Some(query) = &query else { return conn.query_all(ALL, &params) };
    params.push(query);
    let found = conn.pick(&FOUND);
    conn.query_all(found, &params)
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

/// What a finished run came to for one of its cards.
pub fn rate(conn: &mut Conn, card: CardId, run: RunId) -> Result<Option<Rate>> {
    const RATE: Sql = Sql::new(
        "SELECT r.number, r.simulated, CAST(SUM(c.pass) AS BIGINT), CAST(SUM(c.pass + c.fail) AS BIGINT) \
         FROM runs r JOIN run_columns c ON c.run_id = r.id \
         WHERE r.id = $2 AND EXISTS (SELECT 1 FROM run_versions v WHERE v.run_id = r.id AND v.card_id = $1 \
                                     AND v.position = c.position % r.versions) \
         GROUP BY r.number, r.simulated",
    );
    conn.query_opt(RATE, &[&card, &run])
}

/// See [`rate`].
#[derive(Debug, Clone)]
pub struct Rate {
    /// The run's number.
    pub run_number: i64,
    /// Whether all its models are simulated.
    pub simulated: bool,
    /// Cells of the card that passed.
    pub passed: i64,
    /// Cells of the card that passed or failed.
    pub judged: i64,
}

impl FromRow for Rate {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self { run_number: row.get(0)?, simulated: row.get(1)?, passed: row.get(2)?, judged: row.get(3)? })
    }
}
