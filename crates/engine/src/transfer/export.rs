//! Out: cards with their versions, labels, drafts and suites as one file.

use std::collections::BTreeMap;

use domain::audit::Action;
use domain::caller::Caller;
use domain::card::CardContent;
use domain::ids::{SuiteId, WorkspaceId};
use formats::native::{self, Document};
use store::Conn;
use store::cards::CardRow;

use crate::Engine;
use crate::cards::draft_is_changed;
use crate::error::{Error, Result};

impl Engine {
    /// The cards of these slugs as a file, with those that they include; no slug: all cards, archived ones too.
    pub async fn export_cards(
        &self,
        caller: &Caller,
        workspace: WorkspaceId,
        slugs: Vec<String>,
    ) -> Result<String> {
        let (text, cards) = self
            .store
            .try_read(move |conn| {
                let document = document(conn, workspace, &slugs)?;
                let text = native::write(&document).map_err(|detail| Error::invalid("/cards", detail))?;
                Result::Ok((text, document.cards.len()))
            })
            .await?;
        let entry = self.entry(caller, Action::CardsExport).in_workspace(workspace).with("cards", cards);
        self.store.write(move |conn| store::audit::append(conn, &entry)).await?;
        Ok(text)
    }
}

fn document(conn: &mut Conn, workspace: WorkspaceId, slugs: &[String]) -> Result<Document> {
    let rows = store::cards::all(conn, workspace)?;
    let missing: Vec<_> = slugs
        .iter()
        .filter(|slug| !rows.iter().any(|row| row.slug == **slug))
        .map(|slug| format!("`{slug}`"))
        .collect();
    match missing.as_slice() {
        [] => {}
        [only] => return Err(Error::not_found(format!("card {only}"))),
        several => return Err(Error::not_found(format!("card named {}", several.join(" or ")))),
    }
    let mut rows: BTreeMap<String, CardRow> = rows.into_iter().map(|row| (row.slug.clone(), row)).collect();
    let mut wanted: Vec<String> =
        if slugs.is_empty() { rows.keys().cloned().collect() } else { slugs.to_vec() };
    let mut cards: BTreeMap<String, (CardRow, native::Card)> = BTreeMap::new();
    while let Some(slug) = wanted.pop() {
        let Some(row) = rows.remove(&slug) else { continue };
        let card = card(conn, &row)?;
        let contents = card.versions.iter().map(|version| &version.content);
        wanted.extend(contents.flat_map(|content| &content.includes).map(|pin| pin.slug.clone()));
        cards.insert(slug, (row, card));
    }
    let mut document = Document::default();
    let mut keys: BTreeMap<SuiteId, String> = BTreeMap::new();
    for (slug, (row, mut card)) in cards {
        if !keys.contains_key(&row.suite_id) {
            document.suites.push(suite(conn, workspace, row.suite_id, &slug)?);
        }
        card.suite = Some(keys.entry(row.suite_id).or_insert(slug).clone());
        document.cards.push(card);
    }
    Ok(document)
}

fn card(conn: &mut Conn, row: &CardRow) -> Result<native::Card> {
    let mut versions = Vec::new();
    for version in store::versions::list(conn, row.id, i64::MAX, i64::MAX)?.into_iter().rev() {
        let content: CardContent = serde_json::from_str(&version.content)?;
        versions.push(native::Version {
            version: version.number,
            message: version.message,
            content: content.into(),
        });
    }
    let draft = if draft_is_changed(conn, row)? {
        let draft: CardContent = serde_json::from_str(&store::drafts::get(conn, row.id)?.content)?;
        Some(draft.into())
    } else {
        None
    };
    let labels = store::labels::of_card(conn, row.id)?;
    Ok(native::Card {
        slug: row.slug.clone(),
        title: row.title.clone(),
        description: row.description.clone(),
        folder: row.folder.clone(),
        tags: store::cards::tags(conn, row.id)?,
        archived: row.archived_at.is_some(),
        suite: None,
        labels: labels.into_iter().map(|label| (label.name, label.version)).collect(),
        versions,
        draft,
    })
}

fn suite(conn: &mut Conn, workspace: WorkspaceId, id: SuiteId, key: &str) -> Result<native::Suite> {
    let suite =
        store::suites::get(conn, workspace, id)?.ok_or_else(|| Error::not_found(format!("suite {id}")))?;
    let cases = store::test_cases::list(conn, id, 0, i64::MAX)?;
    let cases = cases.iter().map(|case| serde_json::from_str(&case.content));
    Ok(native::Suite {
        key: key.to_owned(),
        name: suite.name,
        cases: cases.collect::<serde_json::Result<_>>()?,
    })
}
