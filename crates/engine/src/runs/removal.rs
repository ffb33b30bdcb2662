//! Keeping and deleting runs: what a person says of a run that has ended.

use domain::audit::Action;
use domain::caller::Caller;
use domain::ids::{RunId, WorkspaceId};
use store::runs::RunRow;

use super::view::{self, Run};
use crate::Engine;
use crate::error::{Conflict, Error, Result};

impl Engine {
    /// Keeps a run, whatever its age and size, or leaves it to the rules again.
    pub async fn keep_run(
        &self,
        caller: &Caller,
        workspace: WorkspaceId,
        run: RunId,
        kept: bool,
    ) -> Result<Run> {
        let entry = self.entry(caller, Action::RunKeep).in_workspace(workspace).on("run", run);
        let entry = entry.with("kept", kept);
        self.store
            .try_write(move |conn| {
                let row = store::runs::get(conn, workspace, run)?;
                let mut row = row.ok_or_else(|| Error::not_found(format!("run {run}")))?;
                if row.kept != kept && store::runs::set_kept(conn, workspace, run, kept)? {
                    row.kept = kept;
                    store::audit::append(conn, &entry)?;
                }
                view::read(conn, &row)
            })
            .await
    }

    /// Deletes a run that has ended. Nobody sees it any more when this returns; its rows go soon. A run that is
    /// not there is deleted already.
    pub async fn delete_run(&self, caller: &Caller, workspace: WorkspaceId, run: RunId) -> Result<()> {
        let entry = self.entry(caller, Action::RunDelete).in_workspace(workspace).on("run", run);
        self.store
            .try_write(move |conn| {
                if store::removals::mark(conn, workspace, run)? {
                    store::audit::append(conn, &entry)?;
                    return Ok(());
                }
                store::runs::get(conn, workspace, run)?.map_or(Ok(()), |row| Err(not_deleted(&row)))
            })
            .await?;
        self.retention.wake();
        Ok(())
    }
}

fn not_deleted(run: &RunRow) -> Error {
    let why = if run.kept {
        "is kept. Stop keeping it first".to_owned()
    } else {
        format!("is {} and has cells that are open. Cancel it first", run.state.as_str())
    };
    Error::conflict(Conflict::WrongState, format!("Run {} {why}; nothing was deleted.", run.number))
}
