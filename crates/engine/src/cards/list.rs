//! Listing and finding cards.

use domain::clock::Millis;
use domain::ids::{CardId, WorkspaceId};
use serde::{Deserialize, Serialize};
pub use store::card_lists::CardFilter;
use utoipa::ToSchema;

use super::view::{self, Card};
use crate::Engine;
use crate::error::Result;

/// Cards, the last changed first.
#[derive(Debug, Clone)]
pub struct CardList {
    /// The cards.
    pub cards: Vec<Card>,
    /// Where to go on, if there are more.
    pub next: Option<(Millis, CardId)>,
}

/// A name and how many cards have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Facet {
    /// The folder, tag or label.
    pub name: String,
    /// How many cards have it.
    pub count: i64,
}

/// How many cards there are, by what a list can be narrowed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CardFacets {
    /// By folder.
    pub folders: Vec<Facet>,
    /// By tag, the most used first.
    pub tags: Vec<Facet>,
    /// By label.
    pub labels: Vec<Facet>,
    /// All that are not archived.
    pub total: i64,
    /// All that are.
    pub archived: i64,
}

impl Engine {
    /// Cards, the last changed first.
    pub async fn cards(&self, workspace: WorkspaceId, filter: CardFilter) -> Result<CardList> {
        self.store
            .try_read(move |conn| {
                // One more than is shown says whether there are more.
                let filter = CardFilter { limit: filter.limit + 1, ..filter.clone() };
                let mut rows = store::card_lists::list(conn, workspace, &filter)?;
                let limit = usize::try_from(filter.limit - 1).unwrap_or(usize::MAX);
                let more = rows.len() > limit;
                rows.truncate(limit);
                let next = rows.last().filter(|_| more).map(|last| (last.card.updated_at, last.card.id));
                let cards = rows.into_iter().map(|row| view::card(conn, row)).collect::<Result<_>>()?;
                Ok(CardList { cards, next })
            })
            .await
    }

    /// The number of the state that cards are in: what is read after this was asked stands as long as the answer is the
    /// same. None: it is not known.
    pub fn card_state(&self) -> Option<u64> {
        self.store.card_state()
    }

    /// How many cards there are, by folder, tag and label.
    pub async fn card_facets(&self, workspace: WorkspaceId) -> Result<CardFacets> {
        let facets = self.store.read(move |conn| store::card_lists::facets(conn, workspace)).await?;
        let views = |facets: Vec<store::card_lists::Facet>| {
            facets.into_iter().map(|facet| Facet { name: facet.name, count: facet.count }).collect()
        };
        Ok(CardFacets {
            folders: views(facets.folders),
            tags: views(facets.tags),
            labels: views(facets.labels),
            total: facets.total,
            archived: facets.archived,
        })
    }
}
