//! Sample cards: a dozen to begin with, added on one click.

use domain::audit::Action;
use domain::caller::Caller;
use domain::card::CardContent;
use domain::ids::{CaseId, VersionId, WorkspaceId};
use domain::test_case::CaseContent;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::create::{NewCard, NewIds, insert};
use super::{versions, view};
use crate::Engine;
use crate::error::Result;

/// The cards that ship with the product, one file each.
const SAMPLES: [&str; 12] = [
    include_str!("../../samples/classify-ticket.json"),
    include_str!("../../samples/contract-terms.json"),
    include_str!("../../samples/document-endpoint.json"),
    include_str!("../../samples/explain-concept.json"),
    include_str!("../../samples/market-entry-memo.json"),
    include_str!("../../samples/question-to-sql.json"),
    include_str!("../../samples/social-post.json"),
    include_str!("../../samples/story-opening.json"),
    include_str!("../../samples/summary-bullets.json"),
    include_str!("../../samples/support-reply.json"),
    include_str!("../../samples/word-problem.json"),
    include_str!("../../samples/write-function.json"),
];

/// A sample card as its file has it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    slug: String,
    title: String,
    description: String,
    folder: String,
    tags: Vec<String>,
    content: CardContent,
    version_message: String,
    cases: Vec<CaseContent>,
}

/// A sample with the identifiers drawn for it.
struct Loading {
    ids: NewIds,
    version: VersionId,
    sample: Sample,
    cases: Vec<(CaseId, String)>,
}

/// What loading the samples came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LoadedSamples {
    /// Slugs of the cards that were added.
    pub created: Vec<String>,
    /// Slugs that were there already; those cards were left as they are.
    pub skipped: Vec<String>,
}

impl Engine {
    /// Adds the sample cards that are not there yet, each with a first version and its cases, all or none.
    pub async fn load_samples(&self, caller: &Caller, workspace: WorkspaceId) -> Result<LoadedSamples> {
        let samples: Vec<Loading> = SAMPLES
            .iter()
            .map(|file| {
                let sample: Sample = serde_json::from_str(file)?;
                let cases = sample
                    .cases
                    .iter()
                    .map(|case| Ok((CaseId::new(&*self.ids), serde_json::to_string(case)?)))
                    .collect::<Result<_>>()?;
                let version = VersionId::new(&*self.ids);
                Ok(Loading { ids: self.new_card_ids(), version, sample, cases })
            })
            .collect::<Result<_>>()?;
        let stamp = self.stamp(caller);
        let entry = self.entry(caller, Action::SamplesLoad).in_workspace(workspace);
        self.store
            .try_write(move |conn| {
                let mut loaded = LoadedSamples { created: Vec::new(), skipped: Vec::new() };
                for Loading { ids, version, sample, cases } in &samples {
                    if store::cards::find(conn, workspace, &sample.slug)?.is_some() {
                        loaded.skipped.push(sample.slug.clone());
                        continue;
                    }
                    let new = NewCard {
                        slug: sample.slug.clone(),
                        title: sample.title.clone(),
                        description: sample.description.clone(),
                        folder: sample.folder.clone(),
                        tags: sample.tags.clone(),
                        content: Some(sample.content.clone()),
                    };
                    insert(conn, workspace, *ids, &new, &stamp)?;
                    let card = view::find(conn, workspace, &sample.slug)?;
                    let row = versions::insert(
                        conn,
                        workspace,
                        &card,
                        *version,
                        sample.content.clone(),
                        &sample.version_message,
                        &stamp,
                    )?;
                    let draft = store::drafts::get(conn, card.id)?;
                    store::drafts::replace(
                        conn,
                        card.id,
                        draft.revision,
                        &draft.content,
                        row.number,
                        &stamp.by,
                        stamp.at,
                    )?;
                    store::test_cases::append(conn, ids.suite, cases, stamp.at)?;
                    loaded.created.push(sample.slug.clone());
                }
                if !loaded.created.is_empty() {
                    store::audit::append(conn, &entry.clone().with("cards", loaded.created.clone()))?;
                }
                Ok(loaded)
            })
            .await
    }
}

#[cfg(test)]
mod tests;
