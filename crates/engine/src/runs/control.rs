//! Pause, resume, cancel, retry: what a person does to a run that is under way.

use std::sync::Arc;

use domain::clock::Millis;
use domain::ids::{RunId, WorkspaceId};
use domain::run::RunState;
use serde::Serialize;
use store::runs::RunRow;
use store::{Conn, Store};

use super::view::{self, Run};
use crate::Engine;
use crate::error::{Conflict, Error, Result};
use crate::events::{Batch, EventHub, Frame};

/// How many cells one closure changes: it must not hold the writer for long.
const CHUNK: i64 = 2_000;

/// The states in which errors may be retried.
const RETRIED_FROM: &[RunState] = &[RunState::Finished, RunState::Running, RunState::Queued];

impl Engine {
    /// Begins no further cell of the run; those under way end and are stored.
    pub async fn pause_run(&self, workspace: WorkspaceId, run: RunId) -> Result<Run> {
        const FROM: &[RunState] = &[RunState::Queued, RunState::Running];
        self.change_run(workspace, run, FROM, RunState::Paused, "run_paused", "paused").await
    }

    /// Goes on with a paused run.
    pub async fn resume_run(&self, workspace: WorkspaceId, run: RunId) -> Result<Run> {
        const FROM: &[RunState] = &[RunState::Paused];
        self.change_run(workspace, run, FROM, RunState::Running, "run_resumed", "resumed").await
    }

    /// Stops a run for good: its model calls are aborted, what has finished is kept.
    pub async fn cancel_run(&self, workspace: WorkspaceId, run: RunId) -> Result<Run> {
        const FROM: &[RunState] = &[RunState::Queued, RunState::Running, RunState::Paused];
        self.change_run(workspace, run, FROM, RunState::Cancelled, "run_cancelled", "cancelled").await?;
        self.worker.abort(run);
        cancel_cells(&self.store, &self.row(run).await?).await?;
        self.run(workspace, run).await
    }

    async fn row(&self, run: RunId) -> Result<RunRow> {
        let row = self.store.read(move |conn| store::runs::find(conn, run)).await?;
        row.ok_or_else(|| Error::not_found(format!("run {run}")))
    }

    /// Puts the cells whose verdict is `error` back into the queue; no other cell is asked again.
    pub async fn retry_errors(&self, workspace: WorkspaceId, run: RunId) -> Result<Run> {
        let before = self.run(workspace, run).await?;
        if before.counts.error == 0 {
            return Err(wrong_state(&before, "has no cell with an error, so there is nothing to retry"));
        }
        if !RETRIED_FROM.contains(&before.state) {
            return Err(wrong_state(&before, "cannot be retried in this state"));
        }
        let row = self.row(run).await?;
        let mut from = 0;
        loop {
            let (row, at) = (row.clone(), self.clock.now());
            let chunk = self.store.write(move |conn| retry_chunk(conn, &row, from, at)).await?;
            let Chunk::PutBack { number, next } = chunk else {
                // Somebody else retried, or cancelled, since the run was read: what was put back stays so.
                break;
            };
            from = next;
            self.worker.runs_changed();
            tell(&self.store, &self.events, run, number, "run_resumed").await;
        }
        self.run(workspace, run).await
    }

    async fn change_run(
        &self,
        workspace: WorkspaceId,
        run: RunId,
        from: &'static [RunState],
        to: RunState,
        event: &'static str,
        done: &'static str,
    ) -> Result<Run> {
        let before = self.run(workspace, run).await?;
        let at = self.clock.now();
        let number =
            self.store.write(move |conn| store::runs::change_state(conn, run, from, to, event, at)).await?;
        let Some(number) = number else {
            return Err(wrong_state(&before, &format!("cannot be {done} in this state")));
        };
        match to {
            RunState::Paused => self.worker.hold(run),
            RunState::Running => self.worker.release(run),
            _ => self.worker.runs_changed(),
        }
        tell(&self.store, &self.events, run, number, event).await;
        self.run(workspace, run).await
    }
}

/// What one step of a retry came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Chunk {
    /// No cell from there on has an error, or the run is in a state in which nothing is put back.
    Nothing,
    /// Cells are pending again and the run goes on.
    PutBack {
        /// The event that says so.
        number: i64,
        /// The position after the last of them: cells that fail again meanwhile are not looked at.
        next: i64,
    },
}

/// Puts some cells back and lets the run go on, both or neither.
pub(super) fn retry_chunk(conn: &mut Conn, row: &RunRow, from: i64, at: Millis) -> store::Result<Chunk> {
    let positions = store::cells::with_error(conn, row.cells, from, CHUNK)?;
    let Some(last) = positions.last() else { return Ok(Chunk::Nothing) };
    let number = store::runs::change_state(conn, row.id, RETRIED_FROM, RunState::Running, "run_resumed", at)?;
    let Some(number) = number else { return Ok(Chunk::Nothing) };
    store::cells::put_back(conn, row.id, row.cells, row.matrix, &positions)?;
    Ok(Chunk::PutBack { number, next: last + 1 })
}

fn wrong_state(run: &Run, why: &str) -> Error {
    Error::conflict(
        Conflict::WrongState,
        format!("Run {} is {} and {why}. Nothing was changed.", run.number, run.state.as_str()),
    )
}

/// Cancels what is open of a cancelled run, in steps that leave the writer to others in between.
pub(crate) async fn cancel_cells(store: &Store, run: &RunRow) -> Result<()> {
    let (id, cells, matrix) = (run.id, run.cells, run.matrix);
    let mut from = Some(0);
    while let Some(position) = from {
        from = store
            .write(move |conn| store::cells::cancel_open(conn, id, cells, matrix, position, CHUNK))
            .await?;
    }
    Ok(())
}

#[derive(Serialize)]
struct RunEventData<'a> {
    number: i64,
    run: &'a Run,
}

/// The JSON of an event of the run as a whole.
pub(crate) fn run_frame(number: i64, event: &'static str, run: &Run) -> Result<Frame> {
    Ok(Frame { number, event, data: serde_json::to_string(&RunEventData { number, run })?.into() })
}

/// Tells the readers of a run what was committed. A reader that misses it reads it from the store.
pub(crate) async fn tell(
    store: &Store,
    events: &Arc<EventHub>,
    run: RunId,
    number: i64,
    event: &'static str,
) {
    if !events.has_readers(run) {
        return;
    }
    let told = async {
        let run_now = store
            .try_read(move |conn| match store::runs::find(conn, run)? {
                Some(row) => view::read(conn, &row).map(Some),
                None => Ok(None),
            })
            .await?;
        let frames = match run_now {
            Some(run_now) => vec![run_frame(number, event, &run_now)?],
            None => Vec::new(),
        };
        events.publish(run, Batch { first: number, last: number, frames });
        Result::Ok(())
    };
    if let Err(error) = told.await {
        tracing::warn!(%run, number, %error, "an event was not told live; its readers will read it again");
    }
}
