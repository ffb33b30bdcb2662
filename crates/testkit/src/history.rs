//! Runs of the past, written through the store: a run of ten thousand cells in half a second, at any time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::budget::DailyUsage;
use domain::card::CardContent;
use domain::clock::Millis;
use domain::ids::{CardId, CaseId, IdSource, InstanceId, RunId, SuiteId, VersionId, WorkspaceId};
use domain::matrix::Matrix;
use domain::run::CellState;
use domain::verdict::{Outcome, Verdict};
use serde_json::json;
use store::budgets::Payers;
use store::cell_results::{AttemptRow, CellResult, FinishedCell};
use store::cells::{CellRange, CellRow, ClaimedCell};
use store::run_columns::Finished;
use store::run_inputs::{RunCase, RunModel, RunVersion};
use store::runs::NewRun;
use store::{Result, Store};
use uuid::Uuid;

/// Cells of one commit.
const BATCH: i64 = 500;

/// 1, 2, 3 … as ids: all of them older than those of a server.
#[derive(Debug, Default)]
pub struct CountedIds(AtomicU64);

impl IdSource for CountedIds {
    fn next(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::Relaxed) + 1))
    }
}

/// A card with one version, and the runs of it.
pub struct History {
    /// Its workspace, the one that a fresh server has.
    pub workspace: WorkspaceId,
    /// The card.
    pub card: CardId,
    suite: SuiteId,
    content: String,
    ids: Arc<CountedIds>,
}

/// A run as it is to be written.
#[derive(Debug, Clone, Copy)]
pub struct PastRun {
    /// How many cases it has; each is asked of two models.
    pub cases: u32,
    /// Bytes of each answer.
    pub output_bytes: usize,
    /// When it was started, and finished.
    pub at: Millis,
    /// Whether its cells are answered; else it stays queued.
    pub finished: bool,
}

impl Default for PastRun {
    fn default() -> Self {
        Self { cases: 5, output_bytes: 400, at: 0, finished: true }
    }
}

impl History {
    /// Makes the workspace and the card `past`.
    pub async fn begin(store: &Store) -> Self {
        let ids = Arc::new(CountedIds::default());
        let (workspace, card) = (WorkspaceId::new(&*ids), CardId::new(&*ids));
        let (suite, version) = (SuiteId::new(&*ids), VersionId::new(&*ids));
        let content = serde_json::to_string(&CardContent::text("Tell me about {{ number }}.")).unwrap();
        let text = content.clone();
        let workspace = store
            .write(move |conn| {
                let workspace = store::workspaces::ensure(conn, workspace, "default", "Default", 0)?;
                store::suites::insert(conn, suite, workspace, "past", 0)?;
                store::cards::insert(conn, workspace, &card_row(card, suite))?;
                store::drafts::insert(conn, card, &text, "local", 0)?;
                store::versions::insert(conn, version, card, &version_row(&text))?;
                Ok(workspace)
            })
            .await
            .unwrap();
        Self { workspace, card, suite, content, ids }
    }

    /// Points the label `name` to the version that all runs are of, or removes it.
    pub async fn label(&self, store: &Store, name: &'static str, there: bool) {
        let (id, card) = (self.ids.next().to_string(), self.card);
        let version = there.then_some(1);
        store
            .write(move |conn| store::labels::set(conn, &id, card, name, version, "local", 0))
            .await
            .unwrap();
    }

    /// Writes a run.
    pub async fn run(&self, store: &Store, past: PastRun) -> RunId {
        let new = self.new_run(past);
        let (run, matrix) = (new.id, new.matrix);
        let payers = Payers { workspace: self.workspace, api_key: None };
        let range = store.write(move |conn| store::runs::prepare(conn, &new)).await.unwrap();
        let cases: Arc<[RunCase]> = (0..i64::from(past.cases))
            .map(|position| RunCase {
                position,
                case_id: CaseId::new(&*self.ids),
                content:
                    json!({ "description": format!("case {position}"), "variables": { "number": position } })
                        .to_string(),
            })
            .collect();
        store.write(move |conn| store::run_inputs::insert_cases(conn, run, &cases)).await.unwrap();
        for first in (0..range.count).step_by(4_000) {
            let positions = first..(first + 4_000).min(range.count);
            store.write(move |conn| store::cells::insert(conn, range, &positions)).await.unwrap();
        }
        store.write(move |conn| store::runs::publish(conn, run, past.at)).await.unwrap();
        let owner = InstanceId::new(&*self.ids);
        for first in (0..range.count).step_by(500).filter(|_| past.finished) {
            store
                .write(move |conn| {
                    let positions = first..first + BATCH;
                    let claimed =
                        store::cells::claim(conn, run, range, &positions, BATCH, owner, past.at + 1)?;
                    let cells: Vec<_> =
                        claimed.iter().map(|cell| finished(range, matrix, *cell, past)).collect();
                    store::cell_results::finish(conn, run, range, payers, &cells, past.at).map(drop)
                })
                .await
                .unwrap();
        }
        run
    }

    fn new_run(&self, past: PastRun) -> NewRun {
        let id = RunId::new(&*self.ids);
        let model = |name: &str| RunModel {
            provider: "simulated".to_owned(),
            kind: "simulated".to_owned(),
            name: name.to_owned(),
            digest: None,
            context_length: Some(8_192),
            simulated: true,
            parameters: "{}".to_owned(),
        };
        NewRun {
            id,
            workspace_id: self.workspace,
            suite_id: self.suite,
            matrix: Matrix { versions: 1, models: 2, cases: past.cases, repeats: 1 },
            prepared_by: InstanceId::new(&*self.ids),
            fingerprint: id.to_string(),
            simulated: true,
            note: String::new(),
            cache: true,
            cache_scopes: vec![None; 2],
            created_by: "local".to_owned(),
            api_key: None,
            created_at: past.at,
            versions: vec![RunVersion {
                card_id: self.card,
                slug: "past".to_owned(),
                title: "Past".to_owned(),
                number: 1,
                content: self.content.clone(),
                includes: "{}".to_owned(),
            }],
            models: vec![model("simulated-large"), model("simulated-small")],
        }
    }

    /// How many rows of runs and their cells there are, in all tables.
    pub async fn rows(store: &Store) -> i64 {
        const ROWS: store::Sql = store::Sql::new(
            "SELECT (SELECT COUNT(*) FROM runs) + (SELECT COUNT(*) FROM run_versions) \
             + (SELECT COUNT(*) FROM run_models) + (SELECT COUNT(*) FROM run_cases) \
             + (SELECT COUNT(*) FROM run_columns) + (SELECT COUNT(*) FROM run_events) \
             + (SELECT COUNT(*) FROM cells) + (SELECT COUNT(*) FROM cell_results) \
             + (SELECT COUNT(*) FROM attempts)",
        );
        let rows: Result<i64> = store.read(|conn| conn.query_one(ROWS, &[])).await;
        rows.unwrap()
    }
}

fn card_row(id: CardId, suite_id: SuiteId) -> store::cards::CardRow {
    store::cards::CardRow {
        id,
        slug: "past".to_owned(),
        title: "Past".to_owned(),
        description: String::new(),
        folder: String::new(),
        suite_id,
        latest_version: 0,
        revision: 1,
        archived_at: None,
        created_at: 0,
        updated_at: 0,
    }
}

fn version_row(content: &str) -> store::versions::VersionRow {
    store::versions::VersionRow {
        number: 1,
        message: "First version".to_owned(),
        author: "local".to_owned(),
        created_at: 0,
        content_hash: String::new(),
        content: content.to_owned(),
    }
}

/// A cell that passed; each tenth failed, each hundredth was asked twice and ended in an error.
pub fn finished(range: CellRange, matrix: Matrix, cell: ClaimedCell, past: PastRun) -> FinishedCell {
    let position = range.position(cell.id);
    let at = matrix.coordinates(position.try_into().unwrap()).unwrap();
    let verdict = match position {
        position if position % 100 == 7 => Verdict::Error,
        position if position % 10 == 3 => Verdict::Fail,
        _ => Verdict::Pass,
    };
    let errs = verdict == Verdict::Error;
    let attempts = if errs { 2 } else { 1 };
    let reason = format!("the output contains `{position}`");
    let output = format!("{position} is a number. ").repeat(past.output_bytes / 20 + 1);
    FinishedCell {
        facts: CellRow {
            id: cell.id,
            state: CellState::Finished,
            verdict: Some(verdict),
            score: Some(f64::from(u8::from(verdict == Verdict::Pass))),
            headline: "contains".to_owned(),
            reason: reason.clone(),
            preview: output.chars().take(120).collect(),
            latency_ms: (!errs).then_some(40),
            completion_tokens: (!errs).then_some(12),
            attempts,
            cached_from: None,
            paid: None,
        },
        claim: cell.claim,
        column: matrix.column(at).into(),
        answered: (!errs).then_some(Finished {
            latency_ms: 40,
            generation_ms: Some(30),
            prompt_tokens: Some(10),
            completion_tokens: Some(12),
        }),
        metric_scores: Vec::new(),
        result: CellResult {
            prompt: json!([{ "role": "user", "content": [{ "type": "text", "text": format!("Tell me about {position}.") }] }])
                .to_string(),
            prompt_hash: "0".repeat(64),
            parameters: "{}".to_owned(),
            server: None,
            digest: None,
            output,
            tool_calls: None,
            thinking: None,
            finish_reason: Some("stop".to_owned()),
            cost: None,
            usage: r#"{"prompt_tokens":10,"completion_tokens":12}"#.to_owned(),
            timings: r#"{"total_ms":40,"first_token_ms":10,"generation_ms":30}"#.to_owned(),
            notes: "[]".to_owned(),
            outcomes: vec![Outcome {
                assertion_type: "contains".to_owned(),
                verdict,
                score: 1.0,
                weight: 1.0,
                metric: None,
                reason,
                expected: Some(position.to_string()),
                actual: None,
                outcomes: Vec::new(),
            }],
            started_at: past.at,
            finished_at: past.at,
        },
        attempts: (1..=attempts)
            .map(|number| AttemptRow {
                number,
                started_at: past.at,
                latency_ms: 40,
                error_kind: errs.then(|| "server_error".to_owned()),
                error_detail: errs.then(|| "HTTP 500".to_owned()),
            })
            .collect(),
        // Its models are simulated.
        used: DailyUsage::default(),
    }
}
