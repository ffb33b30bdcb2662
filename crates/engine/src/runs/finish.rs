//! Storing results: what has finished by now is one commit, and is told after it.

use std::sync::Arc;
use std::time::Duration;

use domain::verdict::Verdict;
use serde::Serialize;
use store::cell_results::{CellResult, FinishedCell, Stored};
use store::cells::CellRow;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::cell_view::CellSummary;
use super::context::RunContext;
use super::view::Column;
use super::worker::{InFlightGuard, Surroundings};
use crate::events::{Batch, Frame};

/// Most cells of one commit.
const BATCH: usize = 256;
/// How long to wait before a commit that failed is tried again.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// A cell whose result is to be stored.
pub(crate) struct Finished {
    pub run: Arc<RunContext>,
    pub cell: FinishedCell,
    /// Keeps the lease until the result is stored.
    pub guard: InFlightGuard,
}

/// Stores results in the order in which they come.
pub(crate) struct Finisher {
    around: Surroundings,
}

impl Finisher {
    pub(crate) fn new(around: Surroundings) -> Self {
        Self { around }
    }

    /// Runs until nobody can send a result any more. It never waits for company: while one commit is under
    /// way, what finishes collects for the next.
    pub(crate) async fn run(self, mut results: mpsc::Receiver<Finished>) {
        let mut batch = Vec::with_capacity(BATCH);
        while results.recv_many(&mut batch, BATCH).await > 0 {
            batch.sort_by_key(|finished: &Finished| finished.run.id);
            let mut rest = batch.drain(..).peekable();
            while let Some(first) = rest.next() {
                let run = Arc::clone(&first.run);
                let mut cells = vec![first.cell];
                let mut guards = vec![first.guard];
                while let Some(next) = rest.next_if(|next| next.run.id == run.id) {
                    cells.push(next.cell);
                    guards.push(next.guard);
                }
                self.store_all(&run, cells).await;
                drop(guards);
                self.around.results_stored.notify_one();
            }
        }
    }

    /// Stores the cells of one run and tells of them. One that cannot be stored must not keep the others waiting:
    /// then each is stored for itself, and that one as an error.
    pub(super) async fn store_all(&self, run: &RunContext, cells: Vec<FinishedCell>) {
        let cells: Arc<[FinishedCell]> = cells.into();
        if self.store(run, Arc::clone(&cells)).await.is_ok() {
            return;
        }
        for cell in cells.iter() {
            let Err(reason) = self.store(run, Arc::new([cell.clone()])).await else { continue };
            tracing::error!(run = %run.id, cell = cell.facts.id, %reason, "a result could not be stored");
            if let Err(reason) = self.store(run, Arc::new([without_texts(cell, &reason)])).await {
                tracing::error!(run = %run.id, cell = cell.facts.id, %reason, "nor could its failure be");
            }
        }
    }

    /// Stores the cells of one run, however long the disk takes, and tells of them. The error is one that waiting
    /// does not mend.
    async fn store(&self, run: &RunContext, cells: Arc<[FinishedCell]>) -> Result<(), store::Error> {
        let stored = loop {
            let began = Instant::now();
            let (id, range, payers) = (run.id, run.cells, run.payers);
            let (batch, at) = (Arc::clone(&cells), self.around.clock.now());
            let stored = self
                .around
                .store
                .write_guarded(move |conn| store::cell_results::finish(conn, id, range, payers, &batch, at))
                .await;
            match stored {
                Ok(stored) => {
                    self.around.metrics.store.observe(began.elapsed().as_secs_f64());
                    break stored;
                }
                Err(store::Error::Closed) => {
                    tracing::warn!(run = %id, cells = cells.len(), "results came after the store was closed");
                    return Ok(());
                }
                Err(error) if !may_pass(&error) => return Err(error),
                // A model's answer is dear: it is kept until the disk takes it. If the commit happened all
                // the same, the cells are finished by now and are left alone.
                Err(error) => {
                    if !error.is_trouble() {
                        tracing::error!(run = %id, cells = cells.len(), %error, "results wait to be stored");
                    }
                    tokio::time::sleep(AFTER_FAILURE).await;
                }
            }
        };
        for (cell, _) in cells.iter().zip(&stored.accepted).filter(|(_, accepted)| **accepted) {
            self.around.metrics.finished(cell.facts.verdict);
        }
        self.tell(run, &cells, &stored).await;
        Ok(())
    }

    async fn tell(&self, run: &RunContext, cells: &[FinishedCell], stored: &Stored) {
        if self.around.events.has_readers(run.id) {
            let frames = frames(run, cells, stored);
            if let (Some(first), Some(last)) = (frames.first(), frames.last()) {
                let (first, last) = (first.number, last.number);
                self.around.events.publish(run.id, Batch { first, last, frames });
            }
        }
        if stored.finished {
            super::control::tell(
                &self.around.store,
                &self.around.events,
                run.id,
                stored.last,
                "run_finished",
            )
            .await;
        }
    }
}

/// Whether the same may succeed later. The others are faults of the program or of the data, which stay.
fn may_pass(error: &store::Error) -> bool {
    use store::Error as E;
    !matches!(
        error,
        E::Statement { .. }
            | E::Parameter { .. }
            | E::Constraint { .. }
            | E::Corrupt { .. }
            | E::NoRow { .. }
            | E::ManyRows { .. }
            | E::Panicked { .. }
    )
}

/// The cell as an error that says why its result is not there, with nothing in it that may be the cause.
fn without_texts(cell: &FinishedCell, why: &store::Error) -> FinishedCell {
    let reason = format!("The model's answer could not be stored: {why}. Retry the errors to ask again.");
    FinishedCell {
        facts: CellRow {
            verdict: Some(Verdict::Error),
            score: None,
            headline: "Not stored".to_owned(),
            reason,
            preview: String::new(),
            latency_ms: None,
            completion_tokens: None,
            paid: None,
            ..cell.facts.clone()
        },
        answered: None,
        metric_scores: Vec::new(),
        result: CellResult {
            prompt: "[]".to_owned(),
            parameters: "{}".to_owned(),
            output: String::new(),
            tool_calls: None,
            thinking: None,
            finish_reason: None,
            cost: None,
            usage: "{}".to_owned(),
            timings: "{}".to_owned(),
            notes: "[]".to_owned(),
            outcomes: Vec::new(),
            ..cell.result.clone()
        },
        attempts: Vec::new(),
        ..*cell
    }
}

#[derive(Serialize)]
struct CellEvent<'a> {
    number: i64,
    cell: &'a CellSummary,
    column: &'a Column,
}

/// The JSON of one `cell_finished` event.
pub(crate) fn cell_frame(number: i64, cell: &CellSummary, column: &Column) -> Option<Frame> {
    let data = serde_json::to_string(&CellEvent { number, cell, column }).ok()?;
    Some(Frame { number, event: "cell_finished", data: data.into() })
}

fn frames(run: &RunContext, cells: &[FinishedCell], stored: &Stored) -> Vec<Frame> {
    let columns: Vec<Column> = stored.columns.iter().map(|row| Column::of(run.matrix, row)).collect();
    let accepted = cells.iter().zip(&stored.accepted).filter(|(_, accepted)| **accepted);
    (stored.first..)
        .zip(accepted)
        .filter_map(|(number, (cell, _))| {
            let column = columns.iter().find(|column| column.position == cell.column)?;
            let summary = CellSummary::of(run.matrix, run.cells, cell.facts.clone())?;
            cell_frame(number, &summary, column)
        })
        .collect()
}
