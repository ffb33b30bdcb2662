//! Somebody who writes cards, one write after the other, and remembers what was acknowledged.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::Answer;
use tokio::time::sleep;

use crate::known_cards::{KnownCard, KnownCards, Pending, text_of, without_labels};
use crate::tally::Wrong;
use crate::workload::Shared;

/// How many cards are written at a time; older ones stay as they are.
const AT_WORK: usize = 8;
/// How many versions and cases a card gets.
const MOST: usize = 12;

pub(crate) struct Writer {
    name: usize,
    random: StdRng,
    known: Arc<Mutex<KnownCards>>,
    shared: Arc<Shared>,
    /// Numbers what is made, and the keys of the requests.
    made: u64,
}

impl Writer {
    pub(crate) fn new(name: usize, seed: u64, known: Arc<Mutex<KnownCards>>, shared: Arc<Shared>) -> Self {
        let random = StdRng::seed_from_u64(seed.wrapping_add(1_000 + name as u64));
        Self { name, random, known, shared, made: 0 }
    }

    /// Writes until it is stopped.
    pub(crate) async fn run(mut self) {
        while !self.shared.stop.is_cancelled() {
            {
                let shared = Arc::clone(&self.shared);
                let _open = shared.gate.read().await;
                self.act().await;
            }
            // People and programs do not write as fast as they can: the runs are to have their share.
            sleep(Duration::from_millis(self.random.random_range(2..12))).await;
        }
    }

    async fn act(&mut self) {
        let slugs: Vec<String> = self.known().cards.keys().rev().take(AT_WORK).cloned().collect();
        let choice = self.random.random_range(0..12);
        if slugs.len() < AT_WORK || choice == 0 {
            return self.create().await;
        }
        let slug = slugs[self.random.random_range(0..slugs.len())].clone();
        let Some(card) = self.known().cards.get(&slug).cloned() else { return };
        let last = card.versions.last().map(|version| text_of(&version["content"]));
        match choice {
            1..=3 if last != Some(json!(card.draft)) && card.versions.len() < MOST => {
                self.save(&slug, &card).await;
            }
            4..=6 if !card.versions.is_empty() => self.label(&slug, &card).await,
            7..=8 if card.cases.len() < MOST => self.case(&slug, &card).await,
            _ => self.edit(&slug, &card).await,
        }
    }

    async fn create(&mut self) {
        let number = self.next();
        let slug = format!("writer-{}-{number:06}", self.name);
        let text = self.text();
        let body = json!({
            "slug": slug, "title": format!("Title {text}").chars().take(80).collect::<String>(),
            "folder": format!("folder/{}", number % 7), "tags": ["one", "two"], "content": content(&text),
        });
        let Some(answer) = self.write(&Method::POST, "W/cards", None, &body, &[201]).await else { return };
        for field in ["slug", "title", "folder", "tags"] {
            self.expect_equal(field, &body[field], &answer.body[field]);
        }
        let draft = self.shared.client.get(&format!("W/cards/{slug}/draft")).await;
        self.expect_equal("draft of a new card", &json!(text), &text_of(&draft.body["content"]));
        let card = KnownCard {
            made: answer.body,
            draft: text,
            etag: draft.etag.unwrap_or_default(),
            versions: Vec::new(),
            labels: [].into(),
            cases: Vec::new(),
            pending: None,
        };
        let mut known = self.known();
        known.touched.insert(slug.clone());
        known.cards.insert(slug, card);
    }

    async fn edit(&mut self, slug: &str, card: &KnownCard) {
        let text = self.text();
        self.begin(slug, Pending::Draft(text.clone()));
        let (path, body) = (format!("W/cards/{slug}/draft"), json!({ "content": content(&text) }));
        let answer = self.write(&Method::PUT, &path, Some(&card.etag), &body, &[200, 412]).await;
        // Nobody else writes this card: if somebody has changed the draft, that was the first sending of this.
        let Some(answer) = answer else { return };
        let (has, etag) = if answer.status == 412 {
            let draft = self.shared.client.get(&path).await;
            (draft.body, draft.etag)
        } else {
            (answer.body, answer.etag)
        };
        self.expect_equal("draft", &json!(text), &text_of(&has["content"]));
        self.end(slug, |card| (card.draft, card.etag) = (text, etag.unwrap_or_default()));
    }

    async fn save(&mut self, slug: &str, card: &KnownCard) {
        self.begin(slug, Pending::Version);
        let body = json!({ "message": format!("Version {} of {slug}: naïve", card.versions.len() + 1) });
        let path = format!("W/cards/{slug}/versions");
        let answer = self.write(&Method::POST, &path, Some(&card.etag), &body, &[201]).await;
        let Some(Answer { body: mut version, .. }) = answer else { return };
        self.expect_equal("number", &json!(card.versions.len() + 1), &version["number"]);
        self.expect_equal("text of a version", &json!(card.draft), &text_of(&version["content"]));
        without_labels(&mut version);
        // The draft is of that version now, and has another ETag.
        let draft = self.shared.client.get(&format!("W/cards/{slug}/draft")).await;
        self.end(slug, |card| {
            card.versions.push(version);
            card.etag = draft.etag.unwrap_or_default();
        });
    }

    async fn label(&mut self, slug: &str, card: &KnownCard) {
        let name = ["production", "staging"][self.random.random_range(0..2)].to_owned();
        let number = self.random.random_range(1..=card.versions.len());
        let version = i64::try_from(number).unwrap_or_default();
        self.begin(slug, Pending::Label(name.clone(), version));
        let (path, body) = (format!("W/cards/{slug}/labels/{name}"), json!({ "version": version }));
        let Some(answer) = self.write(&Method::PUT, &path, None, &body, &[200]).await else { return };
        self.expect_equal("label", &json!(version), &answer.body["version"]);
        self.end(slug, |card| {
            card.labels.insert(name, version);
        });
    }

    async fn case(&mut self, slug: &str, card: &KnownCard) {
        self.begin(slug, Pending::Case);
        let word = self.text();
        let body = json!({ "variables": { "word": word }, "expected_output": word });
        let path = format!("W/suites/{}/cases", card.made["suite_id"].as_str().unwrap_or_default());
        let Some(answer) = self.write(&Method::POST, &path, None, &body, &[201]).await else { return };
        self.expect_equal("case", &json!(word), &answer.body["content"]["variables"]["word"]);
        self.end(slug, |card| card.cases.push(answer.body));
    }

    /// Sends a write, again with the same key as long as it is not known what came of it. None: it was refused,
    /// which is wrong.
    async fn write(
        &mut self,
        method: &Method,
        path: &str,
        etag: Option<&str>,
        body: &Value,
        wanted: &[u16],
    ) -> Option<Answer> {
        let (name, number) = (self.name, self.next());
        let key = format!("chaos-{name}-{number}");
        let mut headers: Vec<(&'static str, &str)> = Vec::new();
        if method == Method::POST {
            headers.push(("idempotency-key", &key));
        }
        headers.extend(etag.map(|etag| ("if-match", etag)));
        let answer = self.shared.client.answer(method, path, &headers, Some(body)).await;
        if wanted.contains(&answer.status.as_u16()) {
            self.shared.tally.acknowledged.add(1);
            return Some(answer);
        }
        let what = format!("{method} {path}: {} {}", answer.status, answer.body);
        self.shared.tally.wrong(Wrong::Answer, &what);
        None
    }

    fn begin(&self, slug: &str, pending: Pending) {
        if let Some(card) = self.known().cards.get_mut(slug) {
            card.pending = Some(pending);
        }
    }

    fn end(&self, slug: &str, change: impl FnOnce(&mut KnownCard)) {
        let mut known = self.known();
        known.touched.insert(slug.to_owned());
        if let Some(card) = known.cards.get_mut(slug) {
            card.pending = None;
            change(card);
        }
    }

    fn expect_equal(&self, what: &str, sent: &Value, has: &Value) {
        if sent != has {
            self.shared.tally.wrong(Wrong::Loss, &format!("{what}: {sent} was sent, {has} came back"));
        }
    }

    fn known(&self) -> MutexGuard<'_, KnownCards> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&mut self) -> u64 {
        self.made += 1;
        self.made
    }

    /// A text that is easily spoilt, the same never again.
    fn text(&mut self) -> String {
        let (number, length) = (self.next(), self.random.random_range(0..400));
        let filling: String = (0..length).map(|_| self.random.random_range('a'..='z')).collect();
        format!("{{{{ word }}}} {}-{number} naïve 日本語 🦀 \"quoted\" \\ {filling} end", self.name)
    }
}

/// The content of a card of one text.
pub(crate) fn content(text: &str) -> Value {
    json!({
        "kind": "text",
        "messages": [{ "role": "user", "content": [{ "type": "text", "text": text }] }],
        "variables": [{ "name": "word", "type": "text", "required": true }],
        "parameters": { "think": false },
    })
}
