//! Runs and cells: their states, and what a person asks for when starting one.

use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::card::ModelParameters;
use crate::ids::SuiteId;
use crate::verdict::Verdict;

/// Most cells of one run.
pub const CELLS_LIMIT: u64 = 100_000;

/// The word is none of those that a state or verdict may have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is none of the known words")]
pub struct UnknownWord(String);

impl UnknownWord {
    pub(crate) fn of(word: &str) -> Self {
        Self(word.chars().take(40).collect())
    }
}

macro_rules! states {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$variant_doc])* $variant),* }

        impl $name {
            /// The word that stands in the database, the API and the page.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }
        }

        impl std::str::FromStr for $name {
            type Err = UnknownWord;

            fn from_str(word: &str) -> Result<Self, UnknownWord> {
                match word { $($text => Ok(Self::$variant),)* _ => Err(UnknownWord::of(word)) }
            }
        }
    };
}

states! {
    /// What a run is doing.
    RunState {
        /// Its cells are being inserted; nobody sees it yet.
        Preparing = "preparing",
        /// It waits for its first cell.
        Queued = "queued",
        /// Its cells are being worked off.
        Running = "running",
        /// No cell is begun until somebody resumes it.
        Paused = "paused",
        /// It was stopped for good; what had finished is kept.
        Cancelled = "cancelled",
        /// Every cell is finished.
        Finished = "finished",
        /// It was removed: its rows are being taken away, and nobody sees it any more.
        Removing = "removing",
    }
}

states! {
    /// What a cell is doing.
    CellState {
        /// It waits.
        Pending = "pending",
        /// A worker has it.
        Leased = "leased",
        /// Its result is stored.
        Finished = "finished",
        /// Its run was cancelled before it finished.
        Cancelled = "cancelled",
    }
}

/// Which version of a card to run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct VersionChoice {
    /// The card.
    #[garde(length(chars, min = 1, max = 200))]
    pub slug: String,
    /// The version's number. Neither number nor label: the latest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[garde(skip)]
    pub version: Option<i64>,
    /// The label that points to the version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[garde(inner(length(chars, min = 1, max = 100)), custom(not_both(&self.version)))]
    pub label: Option<String>,
}

#[expect(clippy::ref_option, reason = "garde passes a reference to the field")]
fn not_both(version: &Option<i64>) -> impl FnOnce(&Option<String>, &()) -> garde::Result + '_ {
    move |label, ()| match (version, label) {
        (Some(_), Some(_)) => Err(garde::Error::new("give a version or a label, not both")),
        _ => Ok(()),
    }
}

/// Which model to run on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ModelChoice {
    /// The provider's name.
    #[garde(length(chars, min = 1, max = 100))]
    pub provider: String,
    /// The model's name, as the provider lists it.
    #[garde(length(chars, min = 1, max = 200))]
    pub model: String,
    /// Parameters for this model, over those of the run and of the card.
    #[serde(default)]
    #[garde(dive)]
    pub parameters: ModelParameters,
}

/// Which cases of the suite to run. Both given: cases that satisfy both.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields, default)]
pub struct CaseFilter {
    /// Only these cases.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[garde(length(max = 10_000))]
    pub case_ids: Vec<crate::ids::CaseId>,
    /// Only cases with one of these tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[garde(length(max = 50))]
    pub tags: Vec<String>,
}

/// What to run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RunRequest {
    /// Versions of cards that share a suite, or of any cards over the suite that is named.
    #[garde(length(min = 1, max = 20), dive)]
    pub card_versions: Vec<VersionChoice>,
    /// The suite whose cases are run. Absent: that of the cards. Each case must have the variables that the versions
    /// need.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[garde(skip)]
    pub suite_id: Option<SuiteId>,
    /// Models to ask.
    #[garde(length(min = 1, max = 20), dive)]
    pub models: Vec<ModelChoice>,
    /// Which cases. Absent: all.
    #[serde(default)]
    #[garde(dive)]
    pub case_filter: CaseFilter,
    /// How often each case is asked.
    #[serde(default = "once")]
    #[garde(range(min = 1, max = 1000))]
    pub repeats: u32,
    /// Parameters for all models, over those of the card.
    #[serde(default)]
    #[garde(dive)]
    pub parameters: ModelParameters,
    /// Whether a cell takes the answer that the same model gave to the same prompt with the same parameters and
    /// repeat in an earlier run, where there is one, and is not asked again.
    #[serde(default = "yes")]
    #[garde(skip)]
    pub cache: bool,
    /// What the run is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[garde(length(chars, max = 500))]
    pub note: String,
}

fn once() -> u32 {
    1
}

fn yes() -> bool {
    true
}

/// How many cells are in which state, and with which verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Counts {
    /// Cells that wait or are being worked on.
    pub open: i64,
    /// Cells that were cancelled.
    pub cancelled: i64,
    /// Finished cells that passed.
    pub pass: i64,
    /// Finished cells that failed.
    pub fail: i64,
    /// Finished cells of which we could not find out.
    pub error: i64,
    /// Finished cells whose answer cannot be judged.
    pub invalid: i64,
    /// Finished cells of which nothing was asked.
    pub unjudged: i64,
}

impl Counts {
    /// How many cells are finished.
    pub fn finished(self) -> i64 {
        self.pass + self.fail + self.error + self.invalid + self.unjudged
    }

    /// Counts one more finished cell, or takes one away (`by` = −1).
    pub fn count(&mut self, verdict: Option<Verdict>, by: i64) {
        let field = match verdict {
            Some(Verdict::Pass) => &mut self.pass,
            Some(Verdict::Fail) => &mut self.fail,
            Some(Verdict::Error) => &mut self.error,
            Some(Verdict::Invalid) => &mut self.invalid,
            None => &mut self.unjudged,
        };
        *field += by;
    }
}
