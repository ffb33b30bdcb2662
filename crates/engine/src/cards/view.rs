//! Cards as the API shows them.

use domain::card::CardContent;
use domain::clock::Timestamp;
use domain::ids::{CardId, RunId, SuiteId, WorkspaceId};
use serde::{Deserialize, Serialize};
use store::Conn;
use store::card_lists::ListedCard;
use store::cards::CardRow;
use utoipa::ToSchema;

use crate::Revised;
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

/// The card of a slug with its revision.
pub(crate) fn read(conn: &mut Conn, workspace: WorkspaceId, slug: &str) -> Result<Revised<Card>> {
    let listed = store::card_lists::find(conn, workspace, slug)?
        .ok_or_else(|| Error::not_found(format!("card `{slug}`")))?;
    let revision = listed.card.revision;
    Ok(Revised { value: card(conn, listed)?, revision })
}

/// The view of a card that was read with what belongs to it.
pub(crate) fn card(conn: &mut Conn, listed: ListedCard) -> Result<Card> {
    let row = listed.card;
    let rate = match listed.last_run {
        Some(run) => store::card_lists::rate(conn, row.id, run)?.map(|rate| (run, rate)),
        None => None,
    };
    let draft_changed = match listed.draft_is_version {
        Some(true) => false,
        Some(false) => super::draft::is_changed(conn, &row)?,
        None => true,
    };
    let labels = listed.labels.into_iter().map(|(name, version)| CardLabel { name, version });
    Ok(Card {
        id: row.id,
        slug: row.slug,
        title: row.title,
        description: row.description,
        folder: row.folder,
        tags: listed.tags,
        latest_version: (row.latest_version > 0).then_some(row.latest_version),
        labels: labels.collect(),
        suite_id: row.suite_id,
        case_count: listed.case_count,
        draft_changed,
        last_rate: rate.map(|(run_id, rate)| LastRate {
            run_id,
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

/// Brings the full-text index of a card up to its row, its tags and a content.
pub(crate) fn index(conn: &mut Conn, row: &CardRow, tags: &[String], content: &CardContent) -> Result<()> {
    let texts: Vec<String> = content.messages.iter().map(domain::card::Message::joined_text).collect();
    Ok(store::card_search::index(conn, row, tags, &texts.join("\n"))?)
}
