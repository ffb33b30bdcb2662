//! Storing results: what has finished by now is one commit, and is told after it.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use store::cell_results::{FinishedCell, Stored};
use tokio::sync::mpsc;

use super::context::RunContext;
use super::view::{CellSummary, Column};
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
                self.store(&run, cells.into()).await;
                drop(guards);
            }
        }
    }

    /// Stores the cells of one run, however long the disk takes, and tells of them.
    async fn store(&self, run: &RunContext, cells: Arc<[FinishedCell]>) {
        let stored = loop {
            let (id, range, batch, at) = (run.id, run.cells, Arc::clone(&cells), self.around.clock.now());
            let stored = self
                .around
                .store
                .write_guarded(move |conn| store::cell_results::finish(conn, id, range, &batch, at))
                .await;
            match stored {
                Ok(stored) => break stored,
                Err(store::Error::Closed) => {
                    tracing::warn!(run = %id, cells = cells.len(), "results came after the store was closed");
                    return;
                }
                // A model's answer is dear: it is kept until the disk takes it. If the commit happened all
                // the same, the cells are finished by now and are left alone.
                Err(error) => {
                    tracing::error!(run = %id, cells = cells.len(), %error, "results wait to be stored");
                    tokio::time::sleep(AFTER_FAILURE).await;
                }
            }
        };
        self.tell(run, &cells, &stored).await;
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
