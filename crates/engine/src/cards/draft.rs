//! The draft: the one editable copy of a card.

use domain::caller::Caller;
use domain::card::CardContent;
use domain::clock::Timestamp;
use domain::ids::WorkspaceId;
use garde::Validate;
use serde::{Deserialize, Serialize};
use store::Conn;
use store::cards::CardRow;
use store::drafts::DraftRow;
use utoipa::ToSchema;

use super::edit::stale;
use super::view;
use crate::error::{Error, Result};
use crate::stamp::Stamp;
use crate::{Engine, Revised};

/// A draft.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Draft {
    /// The content.
    pub content: CardContent,
    /// Number of the version that it started from, if there was one.
    pub based_on: Option<i64>,
    /// Whether it differs from the latest version.
    pub changed: bool,
    /// Who changed it last.
    pub updated_by: String,
    /// When that was.
    pub updated_at: Timestamp,
}

/// A draft to be kept.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct EditDraft {
    /// The content. A template that does not parse is kept; it cannot be saved as a version.
    #[garde(dive)]
    pub content: CardContent,
}

impl Engine {
    /// The draft of a card.
    pub async fn draft(&self, workspace: WorkspaceId, slug: String) -> Result<Revised<Draft>> {
        self.store
            .try_read(move |conn| {
                let card = view::find(conn, workspace, &slug)?;
                read(conn, &card)
            })
            .await
    }

    /// Keeps a draft, if nobody else has changed it since `revision`.
    pub async fn edit_draft(
        &self,
        caller: &Caller,
        workspace: WorkspaceId,
        slug: String,
        revision: i64,
        edit: EditDraft,
    ) -> Result<Revised<Draft>> {
        let Stamp { by, at, .. } = self.stamp(caller);
        let content = serde_json::to_string(&edit.content)?;
        self.store
            .try_write(move |conn| {
                let card = view::find(conn, workspace, &slug)?;
                let before = store::drafts::get(conn, card.id)?;
                if !store::drafts::replace(conn, card.id, revision, &content, before.based_on, &by, at)? {
                    return Err(stale("draft", before.updated_at, before.revision));
                }
                store::cards::touch(conn, card.id, at)?;
                let tags = store::cards::tags(conn, card.id)?;
                view::index(conn, &card, &tags, &edit.content)?;
                read(conn, &card)
            })
            .await
    }

    /// Throws the draft away: it begins again from the latest version.
    pub async fn discard_draft(
        &self,
        caller: &Caller,
        workspace: WorkspaceId,
        slug: String,
        revision: i64,
    ) -> Result<Revised<Draft>> {
        let Stamp { by, at, .. } = self.stamp(caller);
        self.store
            .try_write(move |conn| {
                let card = view::find(conn, workspace, &slug)?;
                let version = store::versions::get(conn, card.id, card.latest_version)?.ok_or_else(|| {
                    Error::not_found(format!(
                        "version of `{}` to go back to: its draft is all there is",
                        card.slug
                    ))
                })?;
                let before = store::drafts::get(conn, card.id)?;
                let based_on = version.number;
                if !store::drafts::replace(conn, card.id, revision, &version.content, based_on, &by, at)? {
                    return Err(stale("draft", before.updated_at, before.revision));
                }
                store::cards::touch(conn, card.id, at)?;
                let tags = store::cards::tags(conn, card.id)?;
                view::index(conn, &card, &tags, &serde_json::from_str(&version.content)?)?;
                read(conn, &card)
            })
            .await
    }
}

pub(crate) fn read(conn: &mut Conn, card: &CardRow) -> Result<Revised<Draft>> {
    let row = store::drafts::get(conn, card.id)?;
    let changed = differs(conn, card, &row)?;
    let value = Draft {
        content: serde_json::from_str(&row.content)?,
        based_on: (row.based_on > 0).then_some(row.based_on),
        changed,
        updated_by: row.updated_by,
        updated_at: Timestamp(row.updated_at),
    };
    Ok(Revised { value, revision: row.revision })
}

/// Whether the draft differs from the card's latest version.
pub(crate) fn is_changed(conn: &mut Conn, card: &CardRow) -> Result<bool> {
    let draft = store::drafts::get(conn, card.id)?;
    differs(conn, card, &draft)
}

fn differs(conn: &mut Conn, card: &CardRow, draft: &DraftRow) -> Result<bool> {
    let Some(version) = store::versions::get(conn, card.id, card.latest_version)? else { return Ok(true) };
    if version.content == draft.content {
        return Ok(false);
    }
    // A version has the pins of its includes, a draft has none until it is saved.
    let mut saved: CardContent = serde_json::from_str(&version.content)?;
    let mut edited: CardContent = serde_json::from_str(&draft.content)?;
    saved.includes.clear();
    edited.includes.clear();
    Ok(saved != edited)
}
