//! Pause, resume, cancel, retry: what a person does to a run that is under way.

use std::sync::Arc;

use domain::audit::{Action, Entry};
use domain::caller::Caller;
use domain::clock::Millis;
use domain::ids::{RunId, WorkspaceId};
use domain::matrix::Matrix;
use domain::run::RunState;
use serde::Serialize;
use store::cells::CellRange;
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
    pub async fn pause_run(
        self: &Arc<Self>,
        caller: &Caller,
        workspace: WorkspaceId,
        run: RunId,
    ) -> Result<Run> {
        const FROM: &[RunState] = &[RunState::Queued, RunState::Running];
        let engine = Arc::clone(self);
        let entry = self.run_entry(caller, Action::RunPause, workspace, run);
        self.to_the_end(async move {
            engine.change_run(entry, workspace, run, FROM, RunState::Paused, "run_paused", "paused").await
        })
        .await
    }

    /// Goes on with a paused run.
    pub async fn resume_run(
        self: &Arc<Self>,
        caller: &Caller,
        workspace: WorkspaceId,
        run: RunId,
    ) -> Result<Run> {
        const FROM: &[RunState] = &[RunState::Paused];
        let engine = Arc::clone(self);
        let entry = self.run_entry(caller, Action::RunResume, workspace, run);
        self.to_the_end(async move {
            engine.change_run(entry, workspace, run, FROM, RunState::Running, "run_resumed", "resumed").await
        })
        .await
    }

    /// Stops a run for good: its model calls are aborted, what has finished is kept. If that was begun before and
    /// cut short, it is brought to its end.
    pub async fn cancel_run(
        self: &Arc<Self>,
        caller: &Caller,
        workspace: WorkspaceId,
        run: RunId,
    ) -> Result<Run> {
        let engine = Arc::clone(self);
        let entry = self.run_entry(caller, Action::RunCancel, workspace, run);
        self.to_the_end(async move { engine.cancel(entry, workspace, run).await }).await
    }

    async fn cancel(&self, entry: Entry, workspace: WorkspaceId, run: RunId) -> Result<Run> {
        const FROM: &[RunState] = &[RunState::Queued, RunState::Running, RunState::Paused];
        let changed = self
            .change_run(entry, workspace, run, FROM, RunState::Cancelled, "run_cancelled", "cancelled")
            .await;
        let row = match changed {
            Ok(_) => self.row(run).await?,
            Err(refusal) => match self.row(run).await? {
                row if row.state == RunState::Cancelled && row.finished_at.is_none() => row,
                _ => return Err(refusal),
            },
        };
        cancel_cells(&self.store, &self.events, &row, self.clock.now()).await?;
        self.run(workspace, run).await
    }

    fn run_entry(&self, caller: &Caller, action: Action, workspace: WorkspaceId, run: RunId) -> Entry {
        self.entry(caller, action).in_workspace(workspace).on("run", run)
    }

    async fn row(&self, run: RunId) -> Result<RunRow> {
        let row = self.store.read(move |conn| store::runs::find(conn, run)).await?;
        row.ok_or_else(|| Error::not_found(format!("run {run}")))
    }

    /// Puts the cells whose verdict is `error` back into the queue; no other cell is asked again.
    pub async fn retry_errors(
        self: &Arc<Self>,
        caller: &Caller,
        workspace: WorkspaceId,
        run: RunId,
    ) -> Result<Run> {
        let engine = Arc::clone(self);
        let entry = self.run_entry(caller, Action::RunRetry, workspace, run);
        self.to_the_end(async move { engine.retry(entry, workspace, run).await }).await
    }

    async fn retry(&self, entry: Entry, workspace: WorkspaceId, run: RunId) -> Result<Run> {
        let before = self.run(workspace, run).await?;
        if before.counts.error == 0 {
            return Err(wrong_state(&before, "has no cell with an error, so there is nothing to retry"));
        }
        if !RETRIED_FROM.contains(&before.state) {
            return Err(wrong_state(&before, "cannot be retried in this state"));
        }
        let row = self.row(run).await?;
        let mut from = 0;
        // Written down with the first of its steps.
        let mut entry = Some(entry);
        loop {
            let (row, at, first) = (row.clone(), self.clock.now(), entry.take());
            let step = move |conn: &mut Conn| {
                let chunk = retry_chunk(conn, &row, from, at)?;
                if let (Chunk::PutBack { .. }, Some(entry)) = (&chunk, &first) {
                    store::audit::append(conn, entry)?;
                }
                Ok(chunk)
            };
            let chunk = self.store.write_guarded(step).await?;
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

    #[expect(clippy::too_many_arguments, reason = "each is another part of one change")]
    async fn change_run(
        &self,
        entry: Entry,
        workspace: WorkspaceId,
        run: RunId,
        from: &'static [RunState],
        to: RunState,
        event: &'static str,
        done: &'static str,
    ) -> Result<Run> {
        let before = self.run(workspace, run).await?;
        let at = self.clock.now();
        let number = self
            .store
            .write_guarded(move |conn| {
                let number = store::runs::change_state(conn, run, from, to, event, at)?;
                if number.is_some() {
                    store::audit::append(conn, &entry)?;
                }
                Ok(number)
            })
            .await?;
        let Some(number) = number else {
            return Err(wrong_state(&before, &format!("cannot be {done} in this state")));
        };
        match to {
            RunState::Paused => self.worker.hold(run),
            RunState::Running => self.worker.release(run),
            RunState::Cancelled => self.worker.abort(run),
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
    // Nobody else puts cells of this run back until this is committed.
    store::runs::lock(conn, row.id)?;
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

/// Cancels what is open of a cancelled run, in steps that leave the writer to others in between, and tells how many
/// cells there are of each kind then.
pub(crate) async fn cancel_cells(
    store: &Store,
    events: &Arc<EventHub>,
    run: &RunRow,
    at: Millis,
) -> Result<()> {
    let (id, cells, matrix) = (run.id, run.cells, run.matrix);
    let mut from = 0;
    loop {
        let step = store.write_guarded(move |conn| cancel_chunk(conn, id, cells, matrix, from, at)).await?;
        match step {
            Cancelled::UpTo(position) => from = position,
            Cancelled::All(number) => {
                if let Some(number) = number {
                    tell(store, events, id, number, "run_cancelled").await;
                }
                return Ok(());
            }
        }
    }
}

/// How far a cancel has come.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Cancelled {
    /// There may be open cells from this position on.
    UpTo(i64),
    /// No cell is open any more: the event that says so.
    All(Option<i64>),
}

/// Cancels some cells; with the last of them, the readers of the run are to be told again, because the first event
/// told of open cells.
pub(super) fn cancel_chunk(
    conn: &mut Conn,
    run: RunId,
    cells: CellRange,
    matrix: Matrix,
    from: i64,
    at: Millis,
) -> store::Result<Cancelled> {
    const CANCELLED: &[RunState] = &[RunState::Cancelled];
    Ok(match store::cells::cancel_open(conn, run, cells, matrix, from, CHUNK)? {
        Some(position) => Cancelled::UpTo(position),
        None => Cancelled::All(store::runs::change_state(
            conn,
            run,
            CANCELLED,
            RunState::Cancelled,
            "run_cancelled",
            at,
        )?),
    })
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
    if let Err(error) = told.await
        && !error.is_trouble()
    {
        tracing::warn!(%run, number, %error, "an event was not told live; its readers will read it again");
    }
}
