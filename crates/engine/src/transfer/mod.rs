//! Cards as files: out of the workspace, and into it.
//!
//! What a file holds stands in [`formats::native`]. An export names cards by slug and suites by the first card that
//! uses them, so that what was imported is exported again as the same bytes.

mod check;
mod export;
mod import;
mod incoming;
mod place;
mod plan;
mod suites;

use garde::Validate;
use incoming::Incoming;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::cards::CardLabel;

/// Most files of one import.
const FILES_LIMIT: usize = 1_000;

/// A file of cards.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ImportFile {
    /// What messages call it.
    #[garde(length(chars, min = 1, max = 1000))]
    pub name: String,
    /// What it holds: our own YAML.
    #[garde(skip)]
    pub text: String,
}

/// Cards to be imported.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ImportCards {
    /// The files. A card of one may include a card of another.
    #[garde(length(min = 1, max = FILES_LIMIT), dive)]
    pub files: Vec<ImportFile>,
    /// What becomes of cards that are there already. False: nothing at all is imported. True: they become what the
    /// file says, one after the other. Their versions stay, those of the file that they do not have come behind them,
    /// and labels that the file does not have stay too.
    #[serde(default)]
    #[garde(skip)]
    pub replace: bool,
}

/// What an import did to a card or a suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It is new.
    Created,
    /// It was there and is different now.
    Changed,
    /// It was there, as the file has it.
    Unchanged,
}

impl Change {
    /// Counts one more change to the same thing: what was created stays so.
    fn add(&mut self, more: Self) {
        if *self == Self::Unchanged {
            *self = more;
        }
    }
}

/// What became of a card of an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportedCard {
    /// Its name in addresses.
    pub slug: String,
    /// Whether it is new.
    pub change: Change,
    /// Numbers of the versions that were saved.
    pub versions: Vec<i64>,
    /// The labels that were moved, and where to.
    pub labels: Vec<CardLabel>,
    /// What became of the cases.
    pub cases: Change,
    /// How many cases its suite has now.
    pub case_count: i64,
    /// Whether its draft had changes that were never saved, and was therefore left as it is.
    pub draft_kept: bool,
}

/// What an import came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportedCards {
    /// The cards, in the order of the files.
    pub cards: Vec<ImportedCard>,
}

impl ImportedCards {
    /// The cards before anything was done.
    fn none(incoming: &Incoming) -> Self {
        let card = |card: &incoming::IncomingCard| ImportedCard {
            slug: card.card.slug.clone(),
            change: Change::Unchanged,
            versions: Vec::new(),
            labels: Vec::new(),
            cases: Change::Unchanged,
            case_count: 0,
            draft_kept: false,
        };
        Self { cards: incoming.cards.iter().map(card).collect() }
    }

    /// Counts a change to a suite.
    fn of_suite(&mut self, incoming: &Incoming, suite: usize, change: Change) {
        for (card, imported) in incoming.cards.iter().zip(&mut self.cards) {
            if card.suite == Some(suite) {
                imported.cases.add(change);
            }
        }
    }
}
