//! The cards that a writer was told to be there, and whether they are.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::client::Client;
use crate::tally::{Tally, Wrong};

/// How many of a card's last versions and cases are looked at where not all are.
const LAST: usize = 2;

/// The cards of one writer.
#[derive(Debug, Clone, Default)]
pub(crate) struct KnownCards {
    pub(crate) cards: BTreeMap<String, KnownCard>,
    /// Those that were written since they were compared.
    pub(crate) touched: BTreeSet<String>,
}

/// A card, as the server acknowledged it.
#[derive(Debug, Clone)]
pub(crate) struct KnownCard {
    /// The body that came when it was made.
    pub(crate) made: Value,
    /// The text of its draft, and the draft's ETag.
    pub(crate) draft: String,
    pub(crate) etag: String,
    /// The bodies that came when its versions were saved, without their labels, which move.
    pub(crate) versions: Vec<Value>,
    pub(crate) labels: BTreeMap<String, i64>,
    /// The bodies that came when its cases were added.
    pub(crate) cases: Vec<Value>,
    /// What was sent, and not answered yet: it may be done or not.
    pub(crate) pending: Option<Pending>,
}

/// A write that is under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Pending {
    Draft(String),
    Version,
    Label(String, i64),
    Case,
}

impl KnownCards {
    /// Compares them with what the server has: those that were touched, or all of them.
    pub(crate) async fn compare(&self, client: &Client, all: bool, tally: &Tally) {
        let wanted = |slug: &String| all || self.touched.contains(slug);
        for (slug, card) in self.cards.iter().filter(|(slug, _)| wanted(slug)) {
            for what in card.differences(client, slug, all).await {
                tally.wrong(Wrong::Loss, &format!("card {slug}: {what}"));
            }
        }
    }
}

impl KnownCard {
    async fn differences(&self, client: &Client, slug: &str, all: bool) -> Vec<String> {
        let mut found = Vec::new();
        let mut compare = |what: &str, told: &Value, has: &Value| {
            if told != has {
                found.push(format!("{what} was told as {told} and is {has}"));
            }
        };
        let card = client.get(&format!("W/cards/{slug}")).await.body;
        for field in ["id", "slug", "title", "folder", "tags", "suite_id", "created_at"] {
            compare(field, &self.made[field], &card[field]);
        }
        compare("archived", &json!(false), &card["archived"]);

        let draft = client.get(&format!("W/cards/{slug}/draft")).await;
        let text = text_of(&draft.body["content"]);
        match &self.pending {
            Some(Pending::Draft(sent)) if text == json!(sent) => {}
            Some(Pending::Version) => compare("draft", &json!(self.draft), &text),
            _ => {
                compare("draft", &json!(self.draft), &text);
                compare("ETag of the draft", &json!(self.etag), &json!(draft.etag));
            }
        }

        let mut labels: BTreeMap<String, i64> = BTreeMap::new();
        for label in card["labels"].as_array().into_iter().flatten() {
            let (name, version) = (label["name"].as_str(), label["version"].as_i64());
            labels.insert(name.unwrap_or_default().to_owned(), version.unwrap_or_default());
        }
        let mut told = self.labels.clone();
        if let Some(Pending::Label(name, version)) = &self.pending
            && labels.get(name) == Some(version)
        {
            told.insert(name.clone(), *version);
        }
        compare("labels", &json!(told), &json!(labels));

        let more = |pending: &Pending| usize::from(self.pending.as_ref() == Some(pending));
        let (has, least) = (card["latest_version"].as_u64().unwrap_or_default(), self.versions.len());
        if !(least..=least + more(&Pending::Version)).contains(&usize::try_from(has).unwrap_or_default()) {
            compare("latest version", &json!(least), &json!(has));
        }
        let (has, least) = (card["case_count"].as_u64().unwrap_or_default(), self.cases.len());
        if !(least..=least + more(&Pending::Case)).contains(&usize::try_from(has).unwrap_or_default()) {
            compare("number of cases", &json!(least), &json!(has));
        }

        for (index, told) in last(&self.versions, all) {
            let mut has = client.get(&format!("W/cards/{slug}/versions/{}", index + 1)).await.body;
            without_labels(&mut has);
            compare("version", told, &has);
        }
        let suite = self.made["suite_id"].as_str().unwrap_or_default();
        for (_, told) in last(&self.cases, all) {
            let id = told["id"].as_str().unwrap_or_default();
            compare("case", told, &client.get(&format!("W/suites/{suite}/cases/{id}")).await.body);
        }
        found
    }
}

/// Those to be looked at, with their indexes.
fn last(told: &[Value], all: bool) -> impl Iterator<Item = (usize, &Value)> {
    let skipped = if all { 0 } else { told.len().saturating_sub(LAST) };
    told.iter().enumerate().skip(skipped)
}

/// The template of a card of one text.
pub(crate) fn text_of(content: &Value) -> Value {
    content.pointer("/messages/0/content/0/text").cloned().unwrap_or_default()
}

/// A version without what may change of it.
pub(crate) fn without_labels(version: &mut Value) {
    if let Some(fields) = version.as_object_mut() {
        fields.remove("labels");
    }
}
