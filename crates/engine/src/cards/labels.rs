//! Labels: what an application is served by, moved and moved back.

use std::sync::Arc;

use domain::audit::Action;
use domain::caller::Caller;
use domain::clock::Timestamp;
use domain::ids::WorkspaceId;
use garde::Validate;
use serde::{Deserialize, Serialize};
use store::labels::LabelRow;
use tokio::sync::broadcast;
use utoipa::ToSchema;

use super::versions::{self, Version};
use super::{names, view};
use crate::error::{Error, Result};
use crate::stamp::Stamp;
use crate::{Engine, Revised};

/// A label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Label {
    /// Its name.
    pub name: String,
    /// Number of the version that it points to.
    pub version: i64,
    /// Who moved it last.
    pub moved_by: String,
    /// When that was.
    pub moved_at: Timestamp,
}

/// A label with the version that it points to: what an application fetches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LabelledVersion {
    /// The label's name.
    pub name: String,
    /// The version.
    pub version: Version,
    /// When the label was moved there.
    pub moved_at: Timestamp,
}

/// Where a label is to point.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct MoveLabel {
    /// Number of the version.
    #[garde(range(min = 1))]
    pub version: i64,
}

/// One move of a label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LabelMove {
    /// The move.
    pub id: String,
    /// The version it pointed to before, if any.
    pub from_version: Option<i64>,
    /// The version it pointed to after, unless it was removed.
    pub to_version: Option<i64>,
    /// Who moved it.
    pub moved_by: String,
    /// When that was.
    pub moved_at: Timestamp,
}

/// How many moves a listener may fall behind before it hears of one that may have been of any card.
const CAPACITY: usize = 64;

/// Tells those who wait for a label that one of its card was moved. One channel for all cards: moves are rare, and
/// a look at the name of another card costs less than a channel for each.
#[derive(Debug)]
pub(crate) struct MovesHub(broadcast::Sender<(WorkspaceId, Arc<str>)>);

impl Default for MovesHub {
    fn default() -> Self {
        Self(broadcast::channel(CAPACITY).0)
    }
}

impl MovesHub {
    /// Tells of a move, after it was committed.
    pub(crate) fn tell(&self, workspace: WorkspaceId, slug: &str) {
        // Without a listener there is nobody to tell.
        let _ = self.0.send((workspace, slug.into()));
    }
}

/// The moves of labels that this process makes from now on.
#[derive(Debug)]
pub struct LabelMoves(broadcast::Receiver<(WorkspaceId, Arc<str>)>);

impl LabelMoves {
    /// Waits until a label of this card was moved, or may have been.
    pub async fn of_card(&mut self, workspace: WorkspaceId, slug: &str) {
        loop {
            match self.0.recv().await {
                Ok((of, moved)) if of != workspace || &*moved != slug => {}
                Ok(_) | Err(_) => return,
            }
        }
    }
}

impl Engine {
    /// Listens to the moves of labels from now on. Those of other instances are not among them.
    pub fn label_moves(&self) -> LabelMoves {
        LabelMoves(self.label_moves.0.subscribe())
    }

    /// The labels of a card, by name.
    pub async fn labels(&self, workspace: WorkspaceId, slug: String) -> Result<Vec<Label>> {
        self.store
            .try_read(move |conn| {
                let card = view::find(conn, workspace, &slug)?;
                Ok(store::labels::of_card(conn, card.id)?.into_iter().map(label_view).collect())
            })
            .await
    }

    /// A label with the version that it points to.
    pub async fn labelled_version(
        &self,
        workspace: WorkspaceId,
        slug: String,
        name: String,
    ) -> Result<Revised<LabelledVersion>> {
        self.store
            .try_read(move |conn| {
                let card = view::find(conn, workspace, &slug)?;
                let label =
                    store::labels::get(conn, card.id, &name)?.ok_or_else(|| no_label(&slug, &name))?;
                let version = versions::read(conn, &card, label.version)?;
                let moved_at = Timestamp(label.moved_at);
                Ok(Revised {
                    value: LabelledVersion { name: label.name, version, moved_at },
                    revision: label.revision,
                })
            })
            .await
    }

    /// Points a label to a version, and keeps the move. The label is made if there is none.
    pub async fn move_label(
        &self,
        caller: &Caller,
        workspace: WorkspaceId,
        slug: String,
        name: String,
        to: MoveLabel,
    ) -> Result<Label> {
        if !names::is_label(&name) {
            return Err(Error::invalid(
                "/label",
                "A label has lower case, digits and hyphens, for example production.",
            ));
        }
        let (move_id, Stamp { by, at, .. }) = (self.ids.next().to_string(), self.stamp(caller));
        let entry = self.entry(caller, Action::LabelMove).in_workspace(workspace);
        let moved = slug.clone();
        let label = self
            .store
            .try_write(move |conn| {
                let card = view::find(conn, workspace, &slug)?;
                if store::versions::get(conn, card.id, to.version)?.is_none() {
                    let detail = match card.latest_version {
                        0 => format!("The card `{slug}` has no version yet. Save its draft first."),
                        latest => {
                            format!(
                                "The card `{slug}` has no version {}; its latest is {latest}.",
                                to.version
                            )
                        }
                    };
                    return Err(Error::invalid("/version", detail));
                }
                let before = store::labels::get(conn, card.id, &name)?.map(|label| label.version);
                if before != Some(to.version) {
                    store::labels::set(conn, &move_id, card.id, &name, Some(to.version), &by, at)?;
                    store::cards::touch(conn, card.id, at)?;
                    let entry = entry.clone().on("card", card.id).with("label", name.clone());
                    store::audit::append(conn, &entry.with("from", before).with("to", to.version))?;
                }
                let label =
                    store::labels::get(conn, card.id, &name)?.ok_or_else(|| no_label(&slug, &name))?;
                Ok(label_view(label))
            })
            .await?;
        self.label_moves.tell(workspace, &moved);
        Ok(label)
    }

    /// Removes a label. Its moves are kept.
    pub async fn remove_label(
        &self,
        caller: &Caller,
        workspace: WorkspaceId,
        slug: String,
        name: String,
    ) -> Result<()> {
        let (move_id, Stamp { by, at, .. }) = (self.ids.next().to_string(), self.stamp(caller));
        let entry = self.entry(caller, Action::LabelRemove).in_workspace(workspace);
        let moved = slug.clone();
        self.store
            .try_write(move |conn| {
                let card = view::find(conn, workspace, &slug)?;
                let before =
                    store::labels::get(conn, card.id, &name)?.ok_or_else(|| no_label(&slug, &name))?;
                store::labels::set(conn, &move_id, card.id, &name, None, &by, at)?;
                store::cards::touch(conn, card.id, at)?;
                let entry = entry.clone().on("card", card.id).with("label", name.clone());
                store::audit::append(conn, &entry.with("from", before.version))?;
                Result::Ok(())
            })
            .await?;
        self.label_moves.tell(workspace, &moved);
        Ok(())
    }

    /// The moves of a label before one, newest first.
    pub async fn label_history(
        &self,
        workspace: WorkspaceId,
        slug: String,
        name: String,
        before: Option<String>,
        limit: i64,
    ) -> Result<Vec<LabelMove>> {
        self.store
            .try_read(move |conn| {
                let card = view::find(conn, workspace, &slug)?;
                let moves = store::labels::history(conn, card.id, &name, before.as_deref(), limit)?;
                let view = |row: store::labels::LabelMove| LabelMove {
                    id: row.id,
                    from_version: row.from_version,
                    to_version: row.to_version,
                    moved_by: row.moved_by,
                    moved_at: Timestamp(row.moved_at),
                };
                Ok(moves.into_iter().map(view).collect())
            })
            .await
    }
}

fn label_view(row: LabelRow) -> Label {
    Label { name: row.name, version: row.version, moved_by: row.moved_by, moved_at: Timestamp(row.moved_at) }
}

fn no_label(slug: &str, name: &str) -> Error {
    Error::not_found(format!("label `{name}` on card `{slug}`"))
}
