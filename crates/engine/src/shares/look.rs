//! What was shared, as who may read it sees it: without names of accounts, and without what would tell of the network
//! that the server stands in.

use domain::caller::Caller;
use domain::clock::Timestamp;
use domain::ids::ShareId;
use domain::verdict::{Outcome, Verdict};
use serde::{Deserialize, Serialize};
use store::Conn;
use store::cards::CardRow;
use store::runs::RunRow;
use store::shares::{LiveShare, SharedObject};
use utoipa::ToSchema;

use crate::Engine;
use crate::cards::{self, CardLabel, Version, VersionSummary};
use crate::error::{Denial, Error, Result};
use crate::people::secret;
use crate::runs::{self, CaseView, CellSummary, CellView, CellWindow, Run};
use crate::suites::{self, Case, CaseQuery};

/// How many versions, cases or rows one answer has at most.
const PAGE: i64 = 50;

/// A part of what is shared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SharedPart {
    /// The card with its latest version, or the run.
    #[default]
    Whole,
    /// Versions of the card, newest first, below the number `at`.
    Versions,
    /// The version of the card with the number `at`.
    Version,
    /// Cases of the card, after the position `at`.
    Cases,
    /// Rows of the run with their cells and cases, from the row `at` on.
    Rows,
    /// The cell of the run at the position `at`.
    Cell,
}

/// What to read of what is shared.
#[derive(Debug, Clone, Copy, Default)]
pub struct SharedPlace {
    /// Which part.
    pub part: SharedPart,
    /// Where in it.
    pub at: Option<i64>,
}

/// What kind of thing is shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SharedKind {
    /// A card.
    Card,
    /// A run.
    Run,
}

/// Something that is shared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SharedItem {
    /// The share.
    pub id: ShareId,
    /// What it is.
    pub kind: SharedKind,
    /// Title of the card, or of the cards that the run is of.
    pub title: String,
    /// Number of the run.
    pub run_number: Option<i64>,
    /// From when on it cannot be read by this share.
    pub expires_at: Timestamp,
}

/// A card that is shared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SharedCard {
    /// Its name for people.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// Its tags, sorted.
    pub tags: Vec<String>,
    /// Number of its latest version, if it has one.
    pub latest_version: Option<i64>,
    /// Its labels, by name.
    pub labels: Vec<CardLabel>,
    /// How many cases its suite has.
    pub case_count: i64,
}

/// A part of what is shared. Names of accounts and addresses of model servers are left out of it: their fields are
/// empty.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "part", rename_all = "snake_case")]
pub enum SharedView {
    /// A card.
    Card {
        /// What is shared.
        share: SharedItem,
        /// The card.
        card: SharedCard,
        /// Its latest version, if it has one.
        version: Option<Box<Version>>,
    },
    /// A run.
    Run {
        /// What is shared.
        share: SharedItem,
        /// The run.
        run: Box<Run>,
    },
    /// Versions of the card.
    Versions {
        /// Newest first.
        versions: Vec<VersionSummary>,
        /// Give it as `at` to read on; `null` on the last page.
        next: Option<i64>,
    },
    /// A version of the card.
    Version {
        /// The version.
        version: Box<Version>,
    },
    /// Cases of the card.
    Cases {
        /// In the order of the suite.
        cases: Vec<Case>,
        /// Give it as `at` to read on; `null` on the last page.
        next: Option<i64>,
    },
    /// Rows of the run.
    Rows {
        /// Row by row and column by column.
        cells: Vec<CellSummary>,
        /// The cases that the rows are of.
        cases: Vec<CaseView>,
        /// Give it as `at` to read on; `null` on the last page.
        next: Option<i64>,
    },
    /// A cell of the run.
    Cell {
        /// The cell.
        cell: Box<CellView>,
    },
}

impl Engine {
    /// Reads what the link with this secret leads to.
    pub async fn look_at_shared(&self, secret: &str, part: SharedPlace) -> Result<SharedView> {
        let (hash, now) = (secret::hash(secret), self.clock.now());
        self.store
            .try_read(move |conn| {
                let share = store::shares::by_secret(conn, &hash, now)?;
                look(conn, share, part)
            })
            .await
    }

    /// Reads what was shared with the account that asks.
    pub async fn shared(&self, caller: &Caller, share: ShareId, part: SharedPlace) -> Result<SharedView> {
        let user = caller.user.ok_or_else(|| Error::denied(Denial::NoSession))?;
        let now = self.clock.now();
        self.store
            .try_read(move |conn| {
                let share = store::shares::for_account(conn, share, user, now)?;
                look(conn, share, part)
            })
            .await
    }

    /// What was shared with the account that asks, the latest first; older than a share.
    pub async fn all_shared(
        &self,
        caller: &Caller,
        before: Option<ShareId>,
        limit: i64,
    ) -> Result<Vec<SharedItem>> {
        let user = caller.user.ok_or_else(|| Error::denied(Denial::NoSession))?;
        let now = self.clock.now();
        self.store
            .try_read(move |conn| {
                let shares = store::shares::all_for_account(conn, user, before, now, limit)?;
                shares
                    .into_iter()
                    .map(|share| match share.object {
                        SharedObject::Card(card) => {
                            let card = store::cards::get(conn, card)?.ok_or_else(nothing)?;
                            Ok(card_item(&share, &card))
                        }
                        SharedObject::Run(run) => {
                            let run = runs::find_run(conn, share.workspace_id, run)?;
                            Ok(run_item(&share, &runs::read_run(conn, &run)?))
                        }
                    })
                    .collect()
            })
            .await
    }
}

/// Reads a part of what a share is of. Nothing that is not of it can be named.
fn look(conn: &mut Conn, share: Option<LiveShare>, asked: SharedPlace) -> Result<SharedView> {
    let share = share.ok_or_else(nothing)?;
    match share.object {
        SharedObject::Card(card) => {
            let card = store::cards::get(conn, card)?.ok_or_else(nothing)?;
            look_at_card(conn, &share, &card, asked)
        }
        SharedObject::Run(run) => {
            let run = store::runs::get(conn, share.workspace_id, run)?.ok_or_else(nothing)?;
            look_at_run(conn, &share, &run, asked)
        }
    }
}

fn look_at_card(
    conn: &mut Conn,
    share: &LiveShare,
    card: &CardRow,
    asked: SharedPlace,
) -> Result<SharedView> {
    Ok(match asked.part {
        SharedPart::Whole => {
            let latest = (card.latest_version > 0).then_some(card.latest_version);
            let version = match latest {
                Some(number) => Some(Box::new(version(conn, card, number)?)),
                None => None,
            };
            let labels = store::labels::of_card(conn, card.id)?.into_iter();
            let suite = store::suites::get(conn, share.workspace_id, card.suite_id)?;
            let shown = SharedCard {
                title: card.title.clone(),
                description: card.description.clone(),
                tags: store::cards::tags(conn, card.id)?,
                latest_version: latest,
                labels: labels.map(|label| CardLabel { name: label.name, version: label.version }).collect(),
                case_count: suite.map_or(0, |suite| suite.case_count),
            };
            SharedView::Card { share: card_item(share, card), card: shown, version }
        }
        SharedPart::Versions => {
            let mut versions = cards::list_versions(conn, card, asked.at, PAGE)?;
            for version in &mut versions {
                version.author.clear();
            }
            let next = versions.last().map(|version| version.number).filter(|number| *number > 1);
            SharedView::Versions { versions, next }
        }
        SharedPart::Version => {
            let version = version(conn, card, asked.at.unwrap_or(card.latest_version))?;
            SharedView::Version { version: Box::new(version) }
        }
        SharedPart::Cases => {
            let limit = usize::try_from(PAGE).unwrap_or(usize::MAX);
            let query = CaseQuery { after: asked.at.unwrap_or(0), limit, ..CaseQuery::default() };
            let list = suites::list_cases(conn, share.workspace_id, card.suite_id, &query)?;
            SharedView::Cases { cases: list.cases, next: list.next }
        }
        SharedPart::Rows | SharedPart::Cell => return Err(no_part()),
    })
}

fn look_at_run(conn: &mut Conn, share: &LiveShare, row: &RunRow, asked: SharedPlace) -> Result<SharedView> {
    Ok(match asked.part {
        SharedPart::Whole => {
            let mut run = runs::read_run(conn, row)?;
            run.created_by.clear();
            SharedView::Run { share: run_item(share, &run), run: Box::new(run) }
        }
        SharedPart::Rows => {
            let (rows, repeats) = (i64::from(row.matrix.rows()), i64::from(row.matrix.repeats).max(1));
            let from = asked.at.unwrap_or(0).clamp(0, rows);
            let to = (from + PAGE).min(rows);
            let mut cells = runs::read_window(conn, row, CellWindow { from, to })?;
            cells.iter_mut().for_each(without_network);
            let cases = runs::read_cases(conn, row.id, from / repeats, (to + repeats - 1) / repeats)?;
            SharedView::Rows { cells, cases, next: (to < rows).then_some(to) }
        }
        SharedPart::Cell => {
            let mut cell = runs::read_cell(conn, share.workspace_id, row.id, asked.at.unwrap_or(0))?;
            without_network(&mut cell.summary);
            cell.outcomes.iter_mut().for_each(outcome_without_network);
            cell.attempts.iter_mut().for_each(|attempt| attempt.error = None);
            cell.cached_from = None;
            if let Some(result) = &mut cell.result {
                result.server = None;
            }
            SharedView::Cell { cell: Box::new(cell) }
        }
        SharedPart::Versions | SharedPart::Version | SharedPart::Cases => return Err(no_part()),
    })
}

fn version(conn: &mut Conn, card: &CardRow, number: i64) -> Result<Version> {
    let mut version = cards::read_whole_version(conn, card, number)?;
    version.summary.author.clear();
    Ok(version)
}

/// Why there is no answer is what the HTTP client or the model server said: it may name addresses.
fn without_network(cell: &mut CellSummary) {
    if cell.verdict == Some(Verdict::Error) {
        cell.reason.clone_from(&cell.headline);
    }
}

fn outcome_without_network(outcome: &mut Outcome) {
    if outcome.verdict == Verdict::Error {
        outcome.reason.clear();
    }
    outcome.outcomes.iter_mut().for_each(outcome_without_network);
}

fn card_item(share: &LiveShare, card: &CardRow) -> SharedItem {
    SharedItem {
        id: share.id,
        kind: SharedKind::Card,
        title: card.title.clone(),
        run_number: None,
        expires_at: Timestamp(share.expires_at),
    }
}

fn run_item(share: &LiveShare, run: &Run) -> SharedItem {
    let mut titles: Vec<&str> = run.cards.iter().map(|card| card.title.as_str()).collect();
    titles.dedup();
    SharedItem {
        id: share.id,
        kind: SharedKind::Run,
        title: titles.join(", "),
        run_number: Some(run.number),
        expires_at: Timestamp(share.expires_at),
    }
}

fn nothing() -> Error {
    Error::denied(Denial::Share)
}

fn no_part() -> Error {
    Error::not_found("such part of what is shared")
}
