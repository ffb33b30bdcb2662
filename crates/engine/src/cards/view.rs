//! Cards as the API shows them.

use domain::clock::Timestamp;
use domain::ids::{CardId, RunId, SuiteId, WorkspaceId};
use serde::{Deserialize, Serialize};
use store::Conn;
use store::cards::CardRow;
use utoipa::ToSchema;

use crate::error::{Error, Result};

/// A label of a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CardLabel {
    /// Its name.
    pub name: String,
    /// Number of the version that it points to.
    pub version: i64,
}

/// What the last finished run of a card came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LastRate {
    /// The run.
    pub run_id: RunId,
    /// Its number.
    pub run_number: i64,
    /// Cells of the card that passed.
    pub passed: i64,
    /// Cells of the card that passed or failed.
    pub judged: i64,
    /// Whether its models were simulated: then the rate is none.
    pub simulated: bool,
}

/// A card.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Card {
    /// The card.
    pub id: CardId,
    /// Its name in addresses.
    pub slug: String,
    /// Its name for people.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// Path of its folder; empty at the top.
    pub folder: String,
    /// Its tags, sorted.
    pub tags: Vec<String>,
    /// Number of its latest version, if it has one.
    pub latest_version: Option<i64>,
    /// Its labels, by name.
    pub labels: Vec<CardLabel>,
    /// Its suite of cases.
    pub suite_id: SuiteId,
    /// How many cases the suite has.
    pub case_count: i64,
    /// Whether the draft differs from the latest version.
    pub draft_changed: bool,
    /// What its last finished run came to.
    pub last_rate: Option<LastRate>,
    /// Whether it is archived.
    pub archived: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it, its draft, a version or a label last changed.
    pub updated_at: Timestamp,
}

/// The row of a card, or the error that says that there is none.
pub(crate) fn find(conn: &mut Conn, workspace: WorkspaceId, slug: &str) -> Result<CardRow> {
    store::cards::find(conn, workspace, slug)?.ok_or_else(|| Error::not_found(format!("card `{slug}`")))
}

/// Reads what belongs to a card's row and puts the view together.
pub(crate) fn read(conn: &mut Conn, workspace: WorkspaceId, row: CardRow) -> Result<Card> {
    let labels = store::labels::of_card(conn, row.id)?;
    let suite = store::suites::get(conn, workspace, row.suite_id)?;
    let rate = store::cards::last_rate(conn, row.id)?;
    let draft_changed = super::draft::is_changed(conn, &row)?;
    Ok(Card {
        id: row.id,
        slug: row.slug,
        title: row.title,
        description: row.description,
        folder: row.folder,
        tags: store::cards::tags(conn, row.id)?,
        latest_version: (row.latest_version > 0).then_some(row.latest_version),
        labels: labels
            .into_iter()
            .map(|label| CardLabel { name: label.name, version: label.version })
            .collect(),
        suite_id: row.suite_id,
        case_count: suite.map_or(0, |suite| suite.case_count),
        draft_changed,
        last_rate: rate.map(|rate| LastRate {
            run_id: rate.run_id,
            run_number: rate.run_number,
            passed: rate.passed,
            judged: rate.judged,
            simulated: rate.simulated,
        }),
        archived: row.archived_at.is_some(),
        created_at: Timestamp(row.created_at),
        updated_at: Timestamp(row.updated_at),
    })
}

/// Brings the full-text index of a card up to its row and a content.
pub(crate) fn index(conn: &mut Conn, row: &CardRow, content: &domain::card::CardContent) -> Result<()> {
    let tags = store::cards::tags(conn, row.id)?;
    let texts: Vec<String> = content.messages.iter().map(domain::card::Message::joined_text).collect();
    Ok(store::cards::index(conn, row, &tags, &texts.join("\n"))?)
}
