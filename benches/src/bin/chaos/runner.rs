//! Somebody who starts one run after the other on a provider, watches each, and remembers what was seen.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Actor, Answer};
use tokio::time::{sleep, timeout};

use crate::known_runs::{KnownRun, KnownRuns, list};
use crate::tally::Wrong;
use crate::workload::Shared;
use crate::writer::content;

const CASES: i64 = 100;
/// How often each case is asked, at most: a run has 100 to 1,000 cells.
const REPEATS: i64 = 10;
/// How many runs that have ended are kept to be compared again.
const KEPT: usize = 3;
/// How often the errors of a run are retried.
const RETRIES: u32 = 2;
/// How long a stream may say nothing before it is opened again.
const SILENCE: Duration = Duration::from_secs(20);
const MODEL: &str = "llama3.2:latest";

/// The word of a case, which its model says back.
pub(crate) fn word(case: i64) -> String {
    format!("word {case}: naïve 日本語")
}

/// The name of the card that is run on a provider.
fn slug(provider: &str) -> String {
    format!("run-{provider}")
}

/// Makes the card that is run on a provider, and its cases.
pub(crate) async fn prepare(actor: &Actor, provider: &str) {
    let card = actor.card(&slug(provider), &content("Repeat after me: {{ word }}")).await;
    let case = |case| json!({ "variables": { "word": word(case) }, "expected_output": word(case) });
    actor.cases(&card, &(0..CASES).map(case).collect::<Vec<Value>>()).await;
}

/// What becomes of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Course {
    ToTheEnd,
    /// It is paused after so many results and resumed soon.
    Paused(usize),
    /// It is cancelled after so many results.
    Cancelled(usize),
}

pub(crate) struct Runner {
    provider: String,
    random: StdRng,
    known: Arc<Mutex<KnownRuns>>,
    shared: Arc<Shared>,
    started: u64,
}

impl Runner {
    pub(crate) fn new(provider: &str, seed: u64, known: Arc<Mutex<KnownRuns>>, shared: Arc<Shared>) -> Self {
        let random = StdRng::seed_from_u64(seed.wrapping_add(2_000));
        Self { provider: provider.to_owned(), random, known, shared, started: 0 }
    }

    /// Starts runs until it is stopped, and brings the last one to its end.
    pub(crate) async fn run(mut self) {
        while !self.shared.stop.is_cancelled() {
            let Some(run) = self.start().await else { return };
            let mut course = match self.random.random_range(0..6) {
                0 => Course::Cancelled(self.random.random_range(0..150)),
                1 => Course::Paused(self.random.random_range(0..150)),
                _ => Course::ToTheEnd,
            };
            let mut retries = 0;
            loop {
                self.follow(&run, &mut course).await;
                if retries == RETRIES || !self.retry(&run).await {
                    break;
                }
                retries += 1;
            }
            self.close(&run).await;
        }
    }

    async fn start(&mut self) -> Option<String> {
        self.started += 1;
        let body = json!({
            "card_versions": [{ "slug": slug(&self.provider) }], "cache": false,
            "models": [{ "provider": self.provider, "model": MODEL }],
            "repeats": self.random.random_range(1..=REPEATS),
        });
        let key = format!("run-{}-{}", self.provider, self.started);
        let shared = Arc::clone(&self.shared);
        let _open = shared.gate.read().await;
        let headers = [("idempotency-key", key.as_str())];
        let answer = shared.client.answer(&Method::POST, "W/runs", &headers, Some(&body)).await;
        // 200: it was started by the first sending of this, of which nothing came back.
        if answer.status != 202 && answer.status != 200 {
            self.refused("the start of a run", &answer);
            return None;
        }
        shared.tally.acknowledged.add(1);
        let run = KnownRun::new(&answer.body);
        let id = run.id.clone();
        self.known().current = Some(run);
        Some(id)
    }

    /// Watches the run to its end, whatever happens to the server.
    async fn follow(&mut self, run: &str, course: &mut Course) {
        let client = self.shared.client.clone();
        loop {
            let after = self.with_run(|run| run.last_event);
            let mut events = client.events(&format!("W/runs/{run}/events?after={after}")).await;
            while let Ok(Some(event)) = timeout(SILENCE, events.next()).await {
                let seen = self.with_run(|run| {
                    run.hear(&event, &self.shared.tally);
                    run.seen.len()
                });
                match event.name.as_str() {
                    "run_finished" => return,
                    "run_cancelled" if event.data["run"]["counts"]["open"] == 0 => return,
                    "resync" => break,
                    _ => {}
                }
                match *course {
                    Course::Paused(after) if seen > after => {
                        *course = Course::ToTheEnd;
                        self.act(run, "pause").await;
                        sleep(Duration::from_millis(self.random.random_range(0..300))).await;
                        self.act(run, "resume").await;
                    }
                    Course::Cancelled(after) if seen > after => {
                        *course = Course::ToTheEnd;
                        self.act(run, "cancel").await;
                    }
                    _ => {}
                }
            }
            // After a gap, or if its end was told to a stream that broke.
            let answer = client.get(&format!("W/runs/{run}")).await;
            let state = answer.body["state"].as_str().unwrap_or_default();
            let is_over = (state == "finished" || state == "cancelled") && answer.body["counts"]["open"] == 0;
            let number = answer.body["event_number"].as_i64().unwrap_or_default();
            if is_over && number <= self.with_run(|run| run.last_event) {
                return;
            }
        }
    }

    /// Does something to the run. It may have ended meanwhile: then that is refused.
    async fn act(&self, run: &str, action: &str) {
        let _open = self.shared.gate.read().await;
        let path = format!("W/runs/{run}/{action}");
        let answer = self.shared.client.answer(&Method::POST, &path, &[], Some(&json!({}))).await;
        match answer.status.as_u16() {
            200 => self.shared.tally.acknowledged.add(1),
            409 => {}
            _ => self.refused(action, &answer),
        }
    }

    /// Has the errors asked again. False: there are none.
    async fn retry(&self, run: &str) -> bool {
        let _open = self.shared.gate.read().await;
        let path = format!("W/runs/{run}");
        let now = self.shared.client.get(&path).await.body;
        if now["state"] != "finished" || now["counts"]["error"] == 0 {
            return false;
        }
        self.with_run(KnownRun::forget_errors);
        let path = format!("{path}/retry-errors");
        let answer = self.shared.client.answer(&Method::POST, &path, &[], Some(&json!({}))).await;
        match answer.status.as_u16() {
            200 => self.shared.tally.acknowledged.add(1),
            // The first sending of this was done, and nothing came back; it may even have ended since.
            409 => {}
            _ => self.refused("a retry", &answer),
        }
        true
    }

    /// Compares the run as it has ended, and removes one that has been compared often enough.
    async fn close(&self, run: &str) {
        let _open = self.shared.gate.read().await;
        let (client, tally) = (&self.shared.client, &self.shared.tally);
        let now = client.get(&format!("W/runs/{run}")).await.body;
        let cells = list(client, &format!("W/runs/{run}")).await;
        self.with_run(|run| {
            run.is_cancelled = now["state"] == "cancelled";
            run.is_over = true;
            if !run.has_gap && !run.is_cancelled && run.told.len() != cells.len() {
                let what = format!("run {}: {} of {} cells were told", run.id, run.told.len(), cells.len());
                tally.wrong(Wrong::State, &what);
            }
            run.read(&cells, tally);
        });
        let closed = self.known().current.clone();
        if let Some(closed) = closed {
            closed.compare(client, tally).await;
        }
        let attempts = cells.iter().filter_map(|cell| cell["attempts"].as_u64()).sum();
        tally.attempts.add(attempts);
        tally.runs.add(1);
        tally.cancelled.add(u64::from(now["state"] == "cancelled"));
        let old = {
            let mut known = self.known();
            let closed = known.current.take();
            known.ended.extend(closed);
            (known.ended.len() > KEPT).then(|| known.ended.remove(0))
        };
        if let Some(old) = old {
            let path = format!("W/runs/{}", old.id);
            let answer = client.answer(&Method::DELETE, &path, &[], None).await;
            if answer.status == 204 {
                tally.acknowledged.add(1);
                self.known().removed.push(old.id);
            } else {
                self.refused("the removal of a run", &answer);
            }
        }
    }

    fn refused(&self, what: &str, answer: &Answer) {
        let what = format!("{what} on {}: {} {}", self.provider, answer.status, answer.body);
        self.shared.tally.wrong(Wrong::Answer, &what);
    }

    fn with_run<T>(&self, change: impl FnOnce(&mut KnownRun) -> T) -> T
    where
        T: Default,
    {
        self.known().current.as_mut().map(change).unwrap_or_default()
    }

    fn known(&self) -> MutexGuard<'_, KnownRuns> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
