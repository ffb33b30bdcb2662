//! Versions: saving the draft as one, and reading them.

use domain::audit::Action;
use domain::caller::Caller;
use domain::card::CardContent;
use domain::clock::Timestamp;
use domain::ids::{VersionId, WorkspaceId};
use domain::template::{Lookup, PromptTemplate, Wanted};
use domain::variables::check_definitions;
use garde::Validate;
use serde::{Deserialize, Serialize};
use store::Conn;
use store::cards::CardRow;
use store::versions::VersionRow;
use utoipa::ToSchema;

use super::edit::stale;
use super::{draft, includes, view};
use crate::Engine;
use crate::error::{Conflict, Error, Problem, Result};
use crate::idempotency::{self, Created, IdempotencyKey};
use crate::stamp::Stamp;

/// A version without its content.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct VersionSummary {
    /// Its number in the card, from 1.
    pub number: i64,
    /// What changed, in the author's words.
    pub message: String,
    /// Who saved it.
    pub author: String,
    /// When that was.
    pub created_at: Timestamp,
    /// SHA-256 of the content.
    pub content_hash: String,
    /// The labels that point to it.
    pub labels: Vec<String>,
}

/// A version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Version {
    /// All but the content.
    #[serde(flatten)]
    pub summary: VersionSummary,
    /// The content.
    pub content: CardContent,
}

/// A draft to be saved as a version.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SaveVersion {
    /// What changed, in your words.
    #[serde(default)]
    #[garde(length(chars, max = 500))]
    pub message: String,
}

impl Engine {
    /// Saves the draft as the next version, if nobody has changed the draft since `draft_revision`.
    pub async fn save_version(
        &self,
        caller: &Caller,
        workspace: WorkspaceId,
        slug: String,
        draft_revision: i64,
        save: SaveVersion,
        key: Option<IdempotencyKey>,
    ) -> Result<Created<Version>> {
        let (id, stamp) = (VersionId::new(&*self.ids), self.stamp(caller));
        let entry = self.entry(caller, Action::VersionSave).in_workspace(workspace);
        self.store
            .try_write(move |conn| {
                idempotency::once(conn, key.as_ref(), stamp.at, |conn| {
                    let card = view::find(conn, workspace, &slug)?;
                    let draft = store::drafts::get(conn, card.id)?;
                    if draft.revision != draft_revision {
                        return Err(stale("draft", draft.updated_at, draft.revision));
                    }
                    if !draft::is_changed(conn, &card)? {
                        return Err(Error::conflict(
                            Conflict::NothingChanged,
                            format!("The draft equals v{}; there is nothing to save.", card.latest_version),
                        ));
                    }
                    let content: CardContent = serde_json::from_str(&draft.content)?;
                    let row = insert(conn, workspace, &card, id, content, &save.message, &stamp)?;
                    store::drafts::replace(
                        conn,
                        card.id,
                        draft.revision,
                        &draft.content,
                        row.number,
                        &stamp.by,
                        stamp.at,
                    )?;
                    store::audit::append(
                        conn,
                        &entry.clone().on("card", card.id).with("version", row.number),
                    )?;
                    version(&row, Vec::new())
                })
            })
            .await
    }

    /// Versions of a card below a number, newest first.
    pub async fn versions(
        &self,
        workspace: WorkspaceId,
        slug: String,
        below: Option<i64>,
        limit: i64,
    ) -> Result<Vec<VersionSummary>> {
        self.store
            .try_read(move |conn| {
                let card = view::find(conn, workspace, &slug)?;
                list(conn, &card, below, limit)
            })
            .await
    }

    /// One version of a card.
    pub async fn version(&self, workspace: WorkspaceId, slug: String, number: i64) -> Result<Version> {
        self.store
            .try_read(move |conn| {
                let card = view::find(conn, workspace, &slug)?;
                read(conn, &card, number)
            })
            .await
    }
}

pub(crate) fn list(
    conn: &mut Conn,
    card: &CardRow,
    below: Option<i64>,
    limit: i64,
) -> Result<Vec<VersionSummary>> {
    let rows = store::versions::list(conn, card.id, below.unwrap_or(i64::MAX), limit)?;
    rows.into_iter()
        .map(|row| {
            let labels = labels_of(conn, card, row.number)?;
            Ok(summary(&row, labels))
        })
        .collect()
}

pub(crate) fn read(conn: &mut Conn, card: &CardRow, number: i64) -> Result<Version> {
    let row = store::versions::get(conn, card.id, number)?
        .ok_or_else(|| Error::not_found(format!("version {number} of card `{}`", card.slug)))?;
    let labels = labels_of(conn, card, number)?;
    version(&row, labels)
}

fn labels_of(conn: &mut Conn, card: &CardRow, number: i64) -> Result<Vec<String>> {
    let labels = store::labels::of_card(conn, card.id)?;
    Ok(labels.into_iter().filter(|label| label.version == number).map(|label| label.name).collect())
}

fn summary(row: &VersionRow, labels: Vec<String>) -> VersionSummary {
    VersionSummary {
        number: row.number,
        message: row.message.clone(),
        author: row.author.clone(),
        created_at: Timestamp(row.created_at),
        content_hash: row.content_hash.clone(),
        labels,
    }
}

fn version(row: &VersionRow, labels: Vec<String>) -> Result<Version> {
    Ok(Version { summary: summary(row, labels), content: serde_json::from_str(&row.content)? })
}

/// Checks a content, pins its includes and inserts it as the card's next version.
pub(crate) fn insert(
    conn: &mut Conn,
    workspace: WorkspaceId,
    card: &CardRow,
    id: VersionId,
    mut content: CardContent,
    message: &str,
    stamp: &Stamp,
) -> Result<VersionRow> {
    // A new version takes its includes as their labels point now.
    content.includes.clear();
    let content =
        pin_includes(&card.slug, content, |slug, wanted| includes::look_up(conn, workspace, slug, wanted))?;
    let row = row(card.latest_version + 1, &content, message, stamp)?;
    store::versions::insert(conn, id, card.id, &row)?;
    Ok(row)
}

/// Checks a content of the card `slug`. The pins that it has are kept; other includes are pinned as their labels
/// point now.
pub(crate) fn pin_includes(
    slug: &str,
    mut content: CardContent,
    look_up: impl FnMut(&str, Wanted<'_>) -> Result<Lookup>,
) -> Result<CardContent> {
    let definitions = check_definitions(&content.variables);
    if !definitions.is_empty() {
        let problems = definitions.into_iter().map(|problem| Problem::at(problem.pointer, problem.message));
        return Err(Error::problems(problems.collect()));
    }
    let resolved = includes::resolve_with(Some(slug), &content, look_up)?
        .and_then(|resolved| {
            PromptTemplate::compile(&content, &resolved.includes)?;
            Ok(resolved)
        })
        .map_err(|problems| {
            let said =
                problems.into_iter().map(|problem| Problem::at(problem.pointer.clone(), problem.to_string()));
            Error::problems(said.collect())
        })?;
    content.includes = resolved.pins;
    Ok(content)
}

/// A checked content as a version of this number.
pub(crate) fn row(number: i64, content: &CardContent, message: &str, stamp: &Stamp) -> Result<VersionRow> {
    Ok(VersionRow {
        number,
        message: message.to_owned(),
        author: stamp.by.to_string(),
        created_at: stamp.at,
        content_hash: content.hash(),
        content: serde_json::to_string(content)?,
    })
}
