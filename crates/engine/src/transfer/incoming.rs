//! The cards and suites of the files of an import, in the order of the files.

use std::collections::BTreeMap;

use domain::card::CardContent;
use domain::ids::{CaseId, IdSource, SuiteId, VersionId, WorkspaceId};
use domain::template::find_includes;
use formats::native::{self, Document};

use super::{ImportFile, check};
use crate::cards::NewIds;
use crate::error::{Error, Problem, Result};
use crate::stamp::Stamp;

/// The files of an import.
pub(super) struct Incoming {
    pub cards: Vec<IncomingCard>,
    pub suites: Vec<IncomingSuite>,
    /// Indexes of the cards.
    pub by_slug: BTreeMap<String, usize>,
}

/// A card of a file.
pub(super) struct IncomingCard {
    pub place: Place,
    /// All but the versions.
    pub card: native::Card,
    /// Index of its suite.
    pub suite: Option<usize>,
    pub versions: Vec<IncomingVersion>,
}

/// A version of a card of a file.
pub(super) struct IncomingVersion {
    pub message: String,
    pub content: CardContent,
    pub includes: Vec<Include>,
}

/// A card that a version takes in.
pub(super) struct Include {
    pub slug: String,
    pub label: String,
    /// The number that it is pinned to, as the file counts where the file has the card.
    pub version: Option<i64>,
    /// Index of that card, where the files have it.
    pub card: Option<usize>,
}

/// A suite of a file.
pub(super) struct IncomingSuite {
    pub name: String,
    /// Each as JSON.
    pub cases: Vec<String>,
}

/// Where something stands.
#[derive(Clone)]
pub(super) struct Place {
    pub pointer: String,
    pub path: String,
}

/// Who, when, and every identifier that one attempt to import may need.
pub(super) struct Drawn {
    pub stamp: Stamp,
    /// The workspace in which it is made.
    pub import: WorkspaceId,
    pub suites: Vec<(SuiteId, Vec<CaseId>)>,
    pub cards: Vec<DrawnCard>,
}

/// Those of a card.
pub(super) struct DrawnCard {
    pub new: NewIds,
    pub versions: Vec<VersionId>,
    /// Of the moves of its labels, in their order.
    pub moves: Vec<String>,
}

impl Incoming {
    /// Reads the files, or says everything that is wrong in any of them.
    pub(super) fn read(files: &[ImportFile]) -> Result<Self> {
        let documents = check::read(files)?;
        let names = files.iter().map(|file| file.name.as_str());
        let (mut cards, mut suites) = (Vec::new(), Vec::new());
        for (index, (name, document)) in names.zip(documents).enumerate() {
            take(index, name, document, &mut cards, &mut suites)?;
        }
        let slug = |(index, card): (usize, &IncomingCard)| (card.card.slug.clone(), index);
        let by_slug = cards.iter().enumerate().map(slug).collect();
        let mut incoming = Self { cards, suites, by_slug };
        incoming.find_includes();
        Ok(incoming)
    }

    /// Draws them.
    pub(super) fn draw(&self, stamp: Stamp, ids: &dyn IdSource) -> Drawn {
        let suites = self.suites.iter();
        let cards = self.cards.iter();
        Drawn {
            stamp,
            import: WorkspaceId::new(ids),
            suites: suites
                .map(|suite| (SuiteId::new(ids), suite.cases.iter().map(|_| CaseId::new(ids)).collect()))
                .collect(),
            cards: cards
                .map(|card| DrawnCard {
                    new: NewIds::new(ids),
                    versions: card.versions.iter().map(|_| VersionId::new(ids)).collect(),
                    moves: card.card.labels.iter().map(|_| ids.next().to_string()).collect(),
                })
                .collect(),
        }
    }

    /// Finds what each version takes in: by its pin, or else by the label that the file has.
    fn find_includes(&mut self) {
        let labels: Vec<_> = self.cards.iter().map(|card| card.card.labels.clone()).collect();
        for version in self.cards.iter_mut().flat_map(|card| &mut card.versions) {
            let tags = find_includes(&version.content).into_iter();
            let include = |tag: domain::template::IncludeReference| {
                let pins = &version.content.includes;
                let pin = pins.iter().find(|pin| pin.slug == tag.slug && pin.label == tag.label);
                let card = self.by_slug.get(&tag.slug).copied();
                Include {
                    version: pin
                        .map(|pin| pin.version)
                        .or_else(|| card.and_then(|card| labels[card].get(&tag.label).copied())),
                    card,
                    slug: tag.slug,
                    label: tag.label,
                }
            };
            version.includes = tags.map(include).collect();
        }
    }
}

/// Takes the cards and suites of one file.
fn take(
    index: usize,
    name: &str,
    document: Document,
    cards: &mut Vec<IncomingCard>,
    suites: &mut Vec<IncomingSuite>,
) -> Result<()> {
    let mut keys = BTreeMap::new();
    for suite in document.suites {
        keys.insert(suite.key, suites.len());
        let cases = suite.cases.iter().map(serde_json::to_string).collect::<serde_json::Result<_>>()?;
        suites.push(IncomingSuite { name: suite.name, cases });
    }
    for (position, mut card) in document.cards.into_iter().enumerate() {
        let version = |version: native::Version| IncomingVersion {
            message: version.message,
            content: version.content.into(),
            includes: Vec::new(),
        };
        cards.push(IncomingCard {
            place: Place {
                pointer: format!("/files/{index}/text"),
                path: format!("{name}: cards[{position}]"),
            },
            suite: card.suite.as_ref().and_then(|key| keys.get(key)).copied(),
            versions: std::mem::take(&mut card.versions).into_iter().map(version).collect(),
            card,
        });
    }
    Ok(())
}

impl IncomingCard {
    /// What its draft is to be: that of the file, or else the last version.
    pub(super) fn draft(&self) -> CardContent {
        let draft = self.card.draft.clone().map(CardContent::from);
        draft
            .or_else(|| self.versions.last().map(|version| without_pins(&version.content)))
            .unwrap_or_else(|| CardContent::text(""))
    }
}

/// A content as a draft has it.
pub(super) fn without_pins(content: &CardContent) -> CardContent {
    CardContent { includes: Vec::new(), ..content.clone() }
}

impl Place {
    /// The problem of something inside.
    pub(super) fn problem(&self, inside: &str, message: &str) -> Error {
        Error::invalid(self.pointer.clone(), format!("{}{inside}: {message}", self.path))
    }

    /// The error of something inside, with each of its problems named by its place in the file.
    pub(super) fn explain(&self, inside: &str, error: Error) -> Error {
        let Error::Invalid { problems, .. } = error else { return error };
        let problems = problems.into_iter().map(|problem| {
            let at = check::path_of(&problem.pointer);
            let detail = format!("{}{inside}{at}: {}", self.path, problem.detail);
            Problem::at(self.pointer.clone(), detail)
        });
        Error::problems(problems.collect())
    }
}
