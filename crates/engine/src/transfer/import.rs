//! In: files of cards, whole or not at all.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::caller::Caller;
use domain::card::CardContent;
use domain::ids::{CaseId, IdSource, SuiteId, VersionId, WorkspaceId};
use domain::template::find_includes;
use formats::native::{self, Document};

use super::{ImportCards, ImportedCards, check, place};
use crate::Engine;
use crate::cards::NewIds;
use crate::error::{Error, Result};
use crate::idempotency::{self, Created, IdempotencyKey};

/// The files of an import, with every identifier that it may need.
pub(super) struct Incoming {
    pub cards: Vec<IncomingCard>,
    pub suites: Vec<IncomingSuite>,
}

/// A card of a file.
pub(super) struct IncomingCard {
    pub place: Place,
    pub card: native::Card,
    /// Index of its suite.
    pub suite: Option<usize>,
    pub ids: NewIds,
    pub versions: Vec<IncomingVersion>,
    /// The moves of its labels, in their order.
    pub moves: Vec<String>,
}

/// A version of a card of a file.
pub(super) struct IncomingVersion {
    pub id: VersionId,
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
    pub id: SuiteId,
    pub name: String,
    pub cases: Vec<(CaseId, String)>,
}

/// Where something stands.
#[derive(Clone)]
pub(super) struct Place {
    pub pointer: String,
    pub path: String,
}

impl Engine {
    /// Imports cards with all that belongs to them, in one transaction: an import that is half there would be worse
    /// than a short wait of other writers.
    pub async fn import_cards(
        &self,
        caller: &Caller,
        workspace: WorkspaceId,
        import: ImportCards,
        key: Option<IdempotencyKey>,
    ) -> Result<Created<ImportedCards>> {
        let (ids, replace) = (Arc::clone(&self.ids), import.replace);
        let names: Vec<String> = import.files.iter().map(|file| file.name.clone()).collect();
        // A large file takes a second to read: that is no work for the threads that answer requests.
        let read = self.tasks.spawn_blocking(move || check::read(&import.files));
        let documents = match read.await {
            Ok(documents) => documents?,
            Err(ended) => std::panic::resume_unwind(ended.into_panic()),
        };
        let incoming = Incoming::of(&names, documents, &*ids)?;
        let stamp = self.stamp(caller);
        self.store
            .try_write(move |conn| {
                idempotency::once(conn, key.as_ref(), stamp.at, |conn| {
                    place::place(conn, workspace, &incoming, replace, &stamp)
                })
            })
            .await
    }
}

impl Incoming {
    fn of(names: &[String], documents: Vec<Document>, ids: &dyn IdSource) -> Result<Self> {
        let (mut cards, mut suites) = (Vec::new(), Vec::new());
        for (index, (name, document)) in names.iter().zip(documents).enumerate() {
            let mut keys = BTreeMap::new();
            for suite in document.suites {
                let id = SuiteId::new(ids);
                let cases = suite.cases.iter();
                let cases = cases.map(|case| Ok((CaseId::new(ids), serde_json::to_string(case)?)));
                keys.insert(suite.key, suites.len());
                suites.push(IncomingSuite { id, name: suite.name, cases: cases.collect::<Result<_>>()? });
            }
            for (position, mut card) in document.cards.into_iter().enumerate() {
                let version = |version: native::Version| IncomingVersion {
                    id: VersionId::new(ids),
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
                    ids: NewIds::new(ids),
                    versions: std::mem::take(&mut card.versions).into_iter().map(version).collect(),
                    moves: card.labels.iter().map(|_| ids.next().to_string()).collect(),
                    card,
                });
            }
        }
        let mut incoming = Self { cards, suites };
        incoming.find_includes();
        Ok(incoming)
    }

    /// Finds what each version takes in: by its pin, or else by the label that the file has.
    fn find_includes(&mut self) {
        let known: BTreeMap<String, (usize, BTreeMap<String, i64>)> = self
            .cards
            .iter()
            .enumerate()
            .map(|(index, card)| (card.card.slug.clone(), (index, card.card.labels.clone())))
            .collect();
        for version in self.cards.iter_mut().flat_map(|card| &mut card.versions) {
            let tags = find_includes(&version.content).into_iter();
            let include = |tag: domain::template::IncludeReference| {
                let pins = &version.content.includes;
                let pin = pins.iter().find(|pin| pin.slug == tag.slug && pin.label == tag.label);
                let here = known.get(&tag.slug);
                Include {
                    version: pin
                        .map(|pin| pin.version)
                        .or_else(|| here.and_then(|(_, labels)| labels.get(&tag.label).copied())),
                    card: here.map(|(index, _)| *index),
                    slug: tag.slug,
                    label: tag.label,
                }
            };
            version.includes = tags.map(include).collect();
        }
    }
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
            crate::error::Problem::at(self.pointer.clone(), detail)
        });
        Error::problems(problems.collect())
    }
}
