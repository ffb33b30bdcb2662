//! Following a run: replay from the store, then live, without a gap and without a copy.

use std::collections::VecDeque;
use std::sync::Arc;

use domain::ids::{RunId, WorkspaceId};
use domain::matrix::Matrix;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::control::run_frame;
use super::finish::cell_frame;
use super::view::{self, CellSummary, Column};
use crate::Engine;
use crate::error::{Error, Result};
use crate::events::{Batch, Frame};

/// How many events one reading of the store brings.
const PAGE: i64 = 500;
/// The names of the events of a run as a whole, as they are stored.
const RUN_EVENTS: [&str; 6] =
    ["run_queued", "run_started", "run_paused", "run_resumed", "run_cancelled", "run_finished"];

/// One reader of one run.
pub struct Follower {
    engine: Arc<Engine>,
    run: RunId,
    matrix: Matrix,
    live: Receiver<Arc<Batch>>,
    /// Number of the last event that was handed out.
    last: i64,
    /// Up to which number the store has more than was handed out.
    replay_to: i64,
    ready: VecDeque<Frame>,
}

impl Engine {
    /// Follows a run: every event after `after`, those of the past first.
    pub async fn follow_run(
        self: &Arc<Self>,
        workspace: WorkspaceId,
        run: RunId,
        after: Option<i64>,
    ) -> Result<Follower> {
        // Subscribed before the store is read: what is committed in between comes twice and is dropped once.
        let live = self.events.subscribe(run);
        let row = self.store.read(move |conn| store::runs::get(conn, workspace, run)).await?;
        let row = row.ok_or_else(|| Error::not_found(format!("run {run}")))?;
        let last = after.unwrap_or(row.event_seq).clamp(0, row.event_seq);
        Ok(Follower {
            engine: Arc::clone(self),
            run,
            matrix: row.matrix,
            live,
            last,
            replay_to: row.event_seq,
            ready: VecDeque::new(),
        })
    }
}

impl Follower {
    /// The next event. It waits for one; None never comes while the server runs.
    pub async fn next(&mut self) -> Result<Option<Frame>> {
        loop {
            if let Some(frame) = self.ready.pop_front() {
                return Ok(Some(frame));
            }
            if self.last < self.replay_to {
                self.replay().await?;
                continue;
            }
            match self.live.recv().await {
                Ok(batch) => self.take(&batch),
                Err(RecvError::Lagged(_)) => return self.resync().await.map(Some),
                Err(RecvError::Closed) => return Ok(None),
            }
        }
    }

    fn take(&mut self, batch: &Batch) {
        if batch.first > self.last + 1 {
            // Another commit was told later than this one: commit order is number order, so it is stored.
            self.replay_to = batch.last;
            return;
        }
        let last = self.last;
        self.ready.extend(batch.frames.iter().filter(|frame| frame.number > last).cloned());
        self.last = last.max(batch.last);
    }

    async fn replay(&mut self) -> Result<()> {
        let (run, matrix, after, up_to) = (self.run, self.matrix, self.last, self.replay_to);
        let (frames, read_to) = self
            .engine
            .store
            .try_read(move |conn| {
                let cells = store::cells::told(conn, run, after, up_to, PAGE)?;
                let whole = i64::try_from(cells.len()).is_ok_and(|read| read < PAGE);
                let read_to = match cells.last().and_then(|cell| cell.event_number) {
                    Some(number) if !whole => number,
                    _ => up_to,
                };
                let columns: Vec<Column> = store::run_columns::of_run(conn, run)?
                    .iter()
                    .map(|column| Column::of(matrix, column))
                    .collect();
                let mut frames: Vec<Frame> = cells
                    .into_iter()
                    .filter_map(|cell| {
                        let number = cell.event_number?;
                        let summary = CellSummary::of(matrix, cell)?;
                        let column = columns.iter().find(|column| column.position == summary.column)?;
                        cell_frame(number, &summary, column)
                    })
                    .collect();
                let told = store::runs::events(conn, run, after, read_to)?;
                if !told.is_empty()
                    && let Some(row) = store::runs::find(conn, run)?
                {
                    let now = view::read(conn, &row)?;
                    for event in told {
                        if let Some(name) = RUN_EVENTS.iter().find(|name| **name == event.kind) {
                            frames.push(run_frame(event.number, name, &now)?);
                        }
                    }
                    frames.sort_by_key(|frame| frame.number);
                }
                Result::Ok((frames, read_to))
            })
            .await?;
        self.ready.extend(frames);
        self.last = read_to;
        Ok(())
    }

    /// The reader fell behind by more than is kept: it reads the run again and goes on from a number.
    async fn resync(&mut self) -> Result<Frame> {
        // What is still kept is older than what the store is asked for now.
        self.live = self.live.resubscribe();
        let run = self.run;
        let seq = self.engine.store.read(move |conn| store::runs::event_seq(conn, run)).await?;
        self.last = seq.ok_or_else(|| Error::not_found(format!("run {run}")))?;
        self.replay_to = self.last;
        let data = format!("{{\"after\":{}}}", self.last);
        Ok(Frame { number: self.last, event: "resync", data: data.into() })
    }
}
