//! Changing what surrounds a card's content: title, folder, tags, slug; archiving it and back.

use domain::audit::Action;
use domain::caller::Caller;
use domain::card::CardContent;
use domain::ids::{SuiteId, WorkspaceId};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::create::slug_taken;
use super::view::Card;
use super::{names, view};
use crate::error::{Error, Result};
use crate::{Engine, Revised};

/// What of a card is to be changed; what is absent stays.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields, default)]
pub struct EditCard {
    /// Its name in addresses. Addresses with the old one stop working.
    #[garde(inner(custom(names::slug)))]
    pub slug: Option<String>,
    /// Its name for people.
    #[garde(inner(length(chars, min = 1, max = 200)))]
    pub title: Option<String>,
    /// What it is for.
    #[garde(inner(length(chars, max = 2000)))]
    pub description: Option<String>,
    /// Path of its folder.
    #[garde(inner(custom(names::folder)))]
    pub folder: Option<String>,
    /// Words to find it by, all of them.
    #[garde(inner(length(max = 50), inner(custom(names::tag_of))))]
    pub tags: Option<Vec<String>>,
    /// Its suite. Cards may share one.
    #[garde(skip)]
    pub suite_id: Option<SuiteId>,
}

impl Engine {
    /// One card.
    pub async fn card(&self, workspace: WorkspaceId, slug: String) -> Result<Revised<Card>> {
        self.store.try_read(move |conn| view::read(conn, workspace, &slug)).await
    }

    /// Changes a card, if nobody else has since `revision`.
    pub async fn edit_card(
        &self,
        caller: &Caller,
        workspace: WorkspaceId,
        slug: String,
        revision: i64,
        edit: EditCard,
    ) -> Result<Revised<Card>> {
        let at = self.clock.now();
        let entry = self.entry(caller, Action::CardEdit).in_workspace(workspace);
        let fields: Vec<&str> = [
            ("slug", edit.slug.is_some()),
            ("title", edit.title.is_some()),
            ("description", edit.description.is_some()),
            ("folder", edit.folder.is_some()),
            ("tags", edit.tags.is_some()),
            ("suite_id", edit.suite_id.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, given)| given.then_some(name))
        .collect();
        self.store
            .try_write(move |conn| {
                let mut row = view::find(conn, workspace, &slug)?;
                let edit = edit.clone();
                if let Some(slug) = edit.slug {
                    if slug != row.slug && store::cards::find(conn, workspace, &slug)?.is_some() {
                        return Err(slug_taken(&slug));
                    }
                    row.slug = slug;
                }
                if let Some(suite) = edit.suite_id {
                    if store::suites::get(conn, workspace, suite)?.is_none() {
                        return Err(Error::invalid("/suite_id", format!("There is no suite {suite}.")));
                    }
                    row.suite_id = suite;
                }
                row.title = edit.title.unwrap_or(row.title);
                row.description = edit.description.unwrap_or(row.description);
                row.folder = edit.folder.unwrap_or(row.folder);
                if !store::cards::update(conn, &row, revision, at)? {
                    return Err(stale("card", row.updated_at, row.revision));
                }
                if let Some(tags) = &edit.tags {
                    store::cards::set_tags(conn, row.id, tags)?;
                }
                let draft = store::drafts::get(conn, row.id)?;
                let content: CardContent = serde_json::from_str(&draft.content)?;
                let tags = store::cards::tags(conn, row.id)?;
                view::index(conn, &row, &tags, &content)?;
                store::audit::append(conn, &entry.clone().on("card", row.id).with("fields", fields.clone()))?;
                view::read(conn, workspace, &row.slug)
            })
            .await
    }

    /// Archives a card: it leaves the lists, its versions and runs stay, its labels go on serving.
    pub async fn archive_card(
        &self,
        caller: &Caller,
        workspace: WorkspaceId,
        slug: String,
    ) -> Result<Revised<Card>> {
        self.set_archived(caller, workspace, slug, true).await
    }

    /// Brings an archived card back.
    pub async fn restore_card(
        &self,
        caller: &Caller,
        workspace: WorkspaceId,
        slug: String,
    ) -> Result<Revised<Card>> {
        self.set_archived(caller, workspace, slug, false).await
    }

    async fn set_archived(
        &self,
        caller: &Caller,
        workspace: WorkspaceId,
        slug: String,
        archived: bool,
    ) -> Result<Revised<Card>> {
        let at = self.clock.now();
        let action = if archived { Action::CardArchive } else { Action::CardRestore };
        let entry = self.entry(caller, action).in_workspace(workspace);
        self.store
            .try_write(move |conn| {
                let row = view::find(conn, workspace, &slug)?;
                if row.archived_at.is_some() != archived {
                    store::cards::set_archived(conn, row.id, archived.then_some(at), at)?;
                    store::audit::append(conn, &entry.clone().on("card", row.id))?;
                }
                view::read(conn, workspace, &slug)
            })
            .await
    }
}

/// Somebody has changed the thing since it was read.
pub(crate) fn stale(what: &str, changed_at: i64, revision: i64) -> Error {
    Error::Stale {
        detail: format!(
            "This {what} was changed at {} in another window. Nothing was overwritten; read it again and \
             repeat the change.",
            domain::clock::Timestamp(changed_at)
        ),
        revision,
    }
}
