//! Runs whose work meets other work: on a database in memory, one transaction after the other.

mod claims;
mod ending;
mod retrying;
mod storing;

use std::sync::atomic::{AtomicU64, Ordering};

use domain::budget::DailyUsage;
use domain::cost::NanoDollars;
use domain::ids::{IdSource, InstanceId, RunId, SuiteId, WorkspaceId};
use domain::matrix::Matrix;
use domain::run::{CellState, RunState};
use domain::verdict::Verdict;
use store::cell_results::{CellResult, FinishedCell, Stored};
use store::cells::{CellRange, CellRow, ClaimedCell};
use store::run_columns::Finished;
use store::runs::{NewRun, RunRow};
use store::{Conn, Store};
use uuid::Uuid;

/// 1, 2, 3 … as ids.
struct Counted(AtomicU64);

impl IdSource for Counted {
    fn next(&self) -> Uuid {
        Uuid::from_u128(self.0.fetch_add(1, Ordering::Relaxed).into())
    }
}

/// A store with one run.
struct Fixture {
    store: Store,
    run: RunId,
    cells: CellRange,
    owner: InstanceId,
}

impl Fixture {
    /// A queued run of so many cells in one column.
    async fn of(cases: u32) -> Self {
        let fixture = Self::prepared(cases).await;
        let run = fixture.run;
        fixture.write(move |conn| store::runs::publish(conn, run, 1)).await;
        fixture
    }

    /// The same before it became visible.
    async fn prepared(cases: u32) -> Self {
        let store = Store::open_in_place().unwrap();
        let ids = Counted(AtomicU64::new(1));
        let (workspace, suite, run) = (WorkspaceId::new(&ids), SuiteId::new(&ids), RunId::new(&ids));
        let owner = InstanceId::new(&ids);
        let matrix = Matrix { versions: 1, models: 1, cases, repeats: 1 };
        let new = NewRun {
            id: run,
            workspace_id: workspace,
            suite_id: suite,
            matrix,
            prepared_by: owner,
            fingerprint: String::new(),
            simulated: true,
            note: String::new(),
            cache: true,
            cache_scopes: vec![None],
            created_by: String::new(),
            api_key: None,
            created_at: 0,
            versions: Vec::new(),
            models: Vec::new(),
        };
        let cells = store
            .write(move |conn| {
                store::workspaces::ensure(conn, workspace, crate::DEFAULT_WORKSPACE, "", 0)?;
                store::suites::insert(conn, suite, workspace, "", 0)?;
                let cells = store::runs::prepare(conn, &new)?;
                store::cells::insert(conn, cells, &(0..cells.count))?;
                Ok(cells)
            })
            .await
            .unwrap();
        Self { store, run, cells, owner }
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Conn) -> store::Result<T> + Send + 'static,
    ) -> T {
        self.store.write(work).await.unwrap()
    }

    async fn row(&self) -> RunRow {
        let run = self.run;
        self.store.read(move |conn| store::runs::find(conn, run)).await.unwrap().unwrap()
    }

    /// Claims all that is pending, and marks the run as running.
    async fn claim(&self) -> Vec<ClaimedCell> {
        let (run, cells, owner) = (self.run, self.cells, self.owner);
        self.write(move |conn| {
            store::runs::begin(conn, run, 2)?;
            store::cells::claim(conn, run, cells, &(0..cells.count), cells.count, owner, 100)
        })
        .await
    }

    async fn finish(&self, cells: Vec<FinishedCell>) -> store::Result<Stored> {
        let (run, range, payers) = (self.run, self.cells, self.row().await.payers());
        let finish = move |conn: &mut Conn| store::cell_results::finish(conn, run, range, payers, &cells, 3);
        self.store.write(finish).await
    }

    /// Finishes the whole run, each cell with an answer that could not be judged.
    async fn finish_with_errors(&self) {
        let cells = self.claim().await;
        self.finish(cells.into_iter().map(|cell| finished(cell, Some(Verdict::Error))).collect())
            .await
            .unwrap();
        assert_eq!(self.row().await.state, RunState::Finished);
    }

    async fn cancel(&self) {
        const FROM: &[RunState] = &[RunState::Queued, RunState::Running];
        let run = self.run;
        self.write(move |conn| {
            store::runs::change_state(conn, run, FROM, RunState::Cancelled, "run_cancelled", 4)
        })
        .await
        .unwrap();
    }
}

/// The result of a cell that was answered in 10 ms, with 3 tokens asked and 5 answered.
fn finished(cell: ClaimedCell, verdict: Option<Verdict>) -> FinishedCell {
    FinishedCell {
        facts: CellRow {
            id: cell.id,
            state: CellState::Finished,
            verdict,
            score: None,
            headline: String::new(),
            reason: String::new(),
            preview: String::new(),
            latency_ms: Some(10),
            completion_tokens: Some(5),
            attempts: 1,
            cached_from: None,
            paid: Some(NanoDollars(7_000)),
        },
        claim: cell.claim,
        column: 0,
        answered: Some(Finished {
            latency_ms: 10,
            generation_ms: Some(7),
            prompt_tokens: Some(3),
            completion_tokens: Some(5),
        }),
        metric_scores: Vec::new(),
        result: CellResult {
            prompt: "[]".to_owned(),
            prompt_hash: String::new(),
            parameters: "{}".to_owned(),
            server: Some("http://127.0.0.1:11434".to_owned()),
            digest: None,
            output: "an answer".to_owned(),
            tool_calls: Some("[]".to_owned()),
            thinking: None,
            finish_reason: None,
            cost: Some(NanoDollars(7_000)),
            usage: r#"{"prompt_tokens":3,"completion_tokens":5}"#.to_owned(),
            timings: r#"{"generation_ms":7,"total_ms":10}"#.to_owned(),
            notes: "[]".to_owned(),
            outcomes: Vec::new(),
            started_at: 2,
            finished_at: 3,
        },
        attempts: Vec::new(),
        used: DailyUsage { calls: 1, tokens: 8, cost_usd: NanoDollars(7_000) },
    }
}
