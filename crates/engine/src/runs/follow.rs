//! Following a run: replay from the store, then live, without a gap and without a copy.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use domain::ids::{RunId, WorkspaceId};
use domain::matrix::Matrix;
use domain::run::CellState;
use store::cells::CellRange;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{sleep, timeout};

use super::cell_view::CellSummary;
use super::control::run_frame;
use super::finish::cell_frame;
use super::view::{self, Column};
use super::waits::waits_frame;
use crate::Engine;
use crate::error::{Error, Result};
use crate::events::{Batch, Frame, UNNUMBERED};

/// How many rows of events one reading of the store brings.
const PAGE: i64 = 50;
/// How long a reader hears nothing before it, or another reader of its run, looks into the store.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The names of the events of a run as a whole, as they are stored.
const RUN_EVENTS: [&str; 6] =
    ["run_queued", "run_started", "run_paused", "run_resumed", "run_cancelled", "run_finished"];

/// One reader of one run.
pub struct Follower {
    engine: Arc<Engine>,
    run: RunId,
    matrix: Matrix,
    cells: CellRange,
    live: Receiver<Arc<Batch>>,
    /// Number of the last event that was handed out.
    last: i64,
    /// Up to which number the store has more than was handed out.
    replay_to: i64,
    ready: VecDeque<Frame>,
    /// More was told than is kept for a reader that is slow.
    overtaken: bool,
    /// Nobody can tell anything any more.
    ended: bool,
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
        let waits = self.waits.of(run);
        let first = if waits.items.is_empty() { None } else { waits_frame(&waits) };
        Ok(Follower {
            engine: Arc::clone(self),
            run,
            matrix: row.matrix,
            cells: row.cells,
            live,
            last,
            replay_to: row.event_seq,
            ready: first.into_iter().collect(),
            overtaken: false,
            ended: false,
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
            match self.advance().await {
                Ok(Some(frame)) => return Ok(Some(frame)),
                Ok(None) if self.ended => return Ok(None),
                Ok(None) => {}
                // What was not told is read when the database works again: the reader stays.
                Err(error) if error.is_trouble() => sleep(LOOK_EVERY).await,
                Err(error) => return Err(error),
            }
        }
    }

    /// Gets more events, from the store or as they come. Returns the one that takes the place of what was missed.
    async fn advance(&mut self) -> Result<Option<Frame>> {
        if self.overtaken {
            return self.resync().await.map(Some);
        }
        if self.last < self.replay_to {
            return self.replay().await.map(|()| None);
        }
        match timeout(LOOK_EVERY, self.live.recv()).await {
            Err(_) => self.look().await?,
            Ok(Ok(batch)) => self.take(&batch),
            Ok(Err(RecvError::Lagged(_))) => self.overtaken = true,
            Ok(Err(RecvError::Closed)) => self.ended = true,
        }
        Ok(None)
    }

    /// Looks for events that were committed and not told: a commit whose outcome was not known, a reading that
    /// failed before its telling. The readers of a run share one look.
    async fn look(&self) -> Result<()> {
        let (run, events) = (self.run, &self.engine.events);
        if !events.look_is_due(run, LOOK_EVERY) {
            return Ok(());
        }
        let seq = self.engine.store.read(move |conn| store::runs::event_seq(conn, run)).await?;
        if let Some(seq) = seq {
            events.found(run, seq);
        }
        Ok(())
    }

    fn take(&mut self, batch: &Batch) {
        if batch.first > self.last + 1 {
            // Another commit was told later than this one: commit order is number order, so it is stored.
            self.replay_to = batch.last;
            return;
        }
        let last = self.last;
        let is_new = |frame: &&Frame| frame.number > last || frame.number == UNNUMBERED;
        self.ready.extend(batch.frames.iter().filter(is_new).cloned());
        self.last = last.max(batch.last);
    }

    async fn replay(&mut self) -> Result<()> {
        let (run, matrix, cells) = (self.run, self.matrix, self.cells);
        let (after, up_to) = (self.last, self.replay_to);
        let (frames, read_to) = self
            .engine
            .store
            .try_read(move |conn| {
                let rows = store::run_events::after(conn, run, after, PAGE)?;
                let read_to = rows.last().map_or(up_to, |row| row.last_number);
                let columns: Vec<Column> = store::run_columns::of_run(conn, run)?
                    .iter()
                    .map(|column| Column::of(matrix, column))
                    .collect();
                let row =
                    store::runs::find(conn, run)?.ok_or_else(|| Error::not_found(format!("run {run}")))?;
                let now = view::read(conn, &row)?;
                let mut frames = Vec::new();
                for row in rows {
                    if let Some(name) = RUN_EVENTS.iter().find(|name| **name == row.kind) {
                        frames.push(run_frame(row.number, name, &now)?);
                    }
                    for (number, position) in (row.number..).zip(row.positions) {
                        if number <= after {
                            continue;
                        }
                        // A cell that was put back since then is told again when it finishes again.
                        let cell = store::cells::get(conn, cells, position)?
                            .filter(|cell| cell.state == CellState::Finished);
                        let summary = cell.and_then(|cell| CellSummary::of(matrix, cells, cell));
                        frames.extend(summary.and_then(|summary| {
                            let column = columns.iter().find(|column| column.position == summary.column)?;
                            cell_frame(number, &summary, column)
                        }));
                    }
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
        self.overtaken = false;
        let data = format!("{{\"after\":{}}}", self.last);
        Ok(Frame { number: self.last, event: "resync", data: data.into() })
    }
}
