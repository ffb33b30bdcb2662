//! Making cards: new ones, and copies.

use std::collections::BTreeSet;

use domain::audit::Action;
use domain::caller::Caller;
use domain::card::CardContent;
use domain::ids::{CardId, IdSource, SuiteId, WorkspaceId};
use garde::Validate;
use serde::{Deserialize, Serialize};
use store::Conn;
use store::card_lists::ListedCard;
use store::cards::CardRow;
use utoipa::ToSchema;

use super::view::Card;
use super::{names, view};
use crate::Engine;
use crate::error::{Conflict, Error, Result};
use crate::idempotency::{self, Created, IdempotencyKey};
use crate::stamp::Stamp;

/// The revision of a card that was just made.
pub const FIRST_REVISION: i64 = 1;

/// A card to be made.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct NewCard {
    /// Its name in addresses: lower case, digits and hyphens.
    #[garde(custom(names::slug))]
    pub slug: String,
    /// Its name for people.
    #[garde(length(chars, min = 1, max = 200))]
    pub title: String,
    /// What it is for.
    #[serde(default)]
    #[garde(length(chars, max = 2000))]
    pub description: String,
    /// Path of its folder, parts separated by `/`.
    #[serde(default)]
    #[garde(custom(names::folder))]
    pub folder: String,
    /// Words to find it by.
    #[serde(default)]
    #[garde(length(max = 50), inner(custom(names::tag_of)))]
    pub tags: Vec<String>,
    /// What its draft begins with. Absent: an empty text.
    #[serde(default)]
    #[garde(dive)]
    pub content: Option<CardContent>,
}

/// A copy of a card to be made.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct DuplicateCard {
    /// The copy's name in addresses.
    #[garde(custom(names::slug))]
    pub slug: String,
    /// The copy's name for people.
    #[garde(length(chars, min = 1, max = 200))]
    pub title: String,
}

/// The identifiers of a new card, drawn before the closure that may run again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewIds {
    pub card: CardId,
    pub suite: SuiteId,
}

impl NewIds {
    pub(crate) fn new(ids: &dyn IdSource) -> Self {
        Self { card: CardId::new(ids), suite: SuiteId::new(ids) }
    }
}

impl Engine {
    /// Makes a card with a draft and a suite of its own.
    pub async fn create_card(
        &self,
        caller: &Caller,
        workspace: WorkspaceId,
        new: NewCard,
        key: Option<IdempotencyKey>,
    ) -> Result<Created<Card>> {
        let (ids, stamp) = (self.new_card_ids(), self.stamp(caller));
        let entry = self.entry(caller, Action::CardCreate).in_workspace(workspace);
        self.store
            .try_write(move |conn| {
                idempotency::once(conn, key.as_ref(), stamp.at, |conn| {
                    let row = insert(conn, workspace, ids, &new, &stamp)?;
                    store::audit::append(
                        conn,
                        &entry.clone().on("card", row.id).with("slug", new.slug.clone()),
                    )?;
                    view::card(conn, just_made(row, &new.tags, 0))
                })
            })
            .await
    }

    /// Copies a card: its draft as the new one's draft, and its cases into a suite of its own.
    pub async fn duplicate_card(
        &self,
        caller: &Caller,
        workspace: WorkspaceId,
        slug: String,
        copy: DuplicateCard,
        key: Option<IdempotencyKey>,
    ) -> Result<Created<Card>> {
        let (ids, stamp) = (self.new_card_ids(), self.stamp(caller));
        let entry = self.entry(caller, Action::CardCreate).in_workspace(workspace);
        let case_ids = std::sync::Arc::clone(&self.ids);
        self.store
            .try_write(move |conn| {
                idempotency::once(conn, key.as_ref(), stamp.at, |conn| {
                    let original = view::find(conn, workspace, &slug)?;
                    let draft = store::drafts::get(conn, original.id)?;
                    let new = NewCard {
                        slug: copy.slug.clone(),
                        title: copy.title.clone(),
                        description: original.description.clone(),
                        folder: original.folder.clone(),
                        tags: store::cards::tags(conn, original.id)?,
                        content: Some(serde_json::from_str(&draft.content)?),
                    };
                    let row = insert(conn, workspace, ids, &new, &stamp)?;
                    let cases = store::test_cases::list(conn, original.suite_id, 0, i64::MAX)?;
                    let cases: Vec<_> = cases
                        .into_iter()
                        .map(|case| (domain::ids::CaseId::new(&*case_ids), case.content))
                        .collect();
                    store::test_cases::append(conn, ids.suite, &cases, stamp.at)?;
                    let count = i64::try_from(cases.len()).unwrap_or(i64::MAX);
                    let entry = entry.clone().on("card", row.id).with("slug", new.slug.clone());
                    store::audit::append(conn, &entry.with("copy_of", original.id.to_string()))?;
                    view::card(conn, just_made(row, &new.tags, count))
                })
            })
            .await
    }

    pub(crate) fn new_card_ids(&self) -> NewIds {
        NewIds::new(&*self.ids)
    }
}

/// Inserts a card with its draft and its suite.
pub(crate) fn insert(
    conn: &mut Conn,
    workspace: WorkspaceId,
    ids: NewIds,
    new: &NewCard,
    stamp: &Stamp,
) -> Result<CardRow> {
    store::suites::insert(conn, ids.suite, workspace, &new.title, stamp.at)?;
    insert_card(conn, workspace, ids, new, stamp)
}

/// Inserts a card with its draft, over a suite that is there.
pub(crate) fn insert_card(
    conn: &mut Conn,
    workspace: WorkspaceId,
    ids: NewIds,
    new: &NewCard,
    stamp: &Stamp,
) -> Result<CardRow> {
    let row = CardRow {
        id: ids.card,
        slug: new.slug.clone(),
        title: new.title.clone(),
        description: new.description.clone(),
        folder: new.folder.clone(),
        suite_id: ids.suite,
        latest_version: 0,
        revision: FIRST_REVISION,
        archived_at: None,
        created_at: stamp.at,
        updated_at: stamp.at,
    };
    if !store::cards::insert(conn, workspace, &row)? {
        return Err(slug_taken(&new.slug));
    }
    store::cards::set_tags(conn, row.id, &new.tags)?;
    let content = new.content.clone().unwrap_or_else(|| CardContent::text(""));
    store::drafts::insert(conn, row.id, &serde_json::to_string(&content)?, &stamp.by, stamp.at)?;
    view::index(conn, &row, &new.tags, &content)?;
    Ok(row)
}

/// What reading a card would find right after it was made: it is known, and reading costs as much as writing.
fn just_made(card: CardRow, tags: &[String], case_count: i64) -> ListedCard {
    let tags = tags.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect();
    ListedCard { card, tags, labels: Vec::new(), case_count, draft_is_version: None, last_run: None }
}

/// Another card has the slug.
pub(crate) fn slug_taken(slug: &str) -> Error {
    Error::conflict(
        Conflict::SlugTaken,
        format!("There is already a card `{slug}`. Nothing was changed; choose another slug."),
    )
}
