//! After a start: what an earlier server left behind is cleared up, and its runs go on.

use std::sync::Arc;

use domain::clock::Millis;
use domain::ids::{IdSource, WorkspaceId};
use domain::run::RunState;
use store::Store;

use super::control::cancel_cells;
use crate::DEFAULT_WORKSPACE;
use crate::error::Result;
use crate::events::EventHub;

/// Gives back every lease, removes runs that never became visible, ends cancels that were cut short, sets states
/// right, and makes the first workspace.
///
/// The lock on the database proves that no other server holds a lease.
pub(crate) async fn recover(
    store: &Store,
    events: &Arc<EventHub>,
    ids: &dyn IdSource,
    now: Millis,
) -> Result<WorkspaceId> {
    let id = WorkspaceId::new(ids);
    let (workspace, released) = store
        .write(move |conn| {
            let workspace = store::workspaces::ensure(conn, id, DEFAULT_WORKSPACE, "Default", now)?;
            store::idempotency::forget(conn, now - crate::idempotency::KEPT_MS)?;
            Ok((workspace, store::cells::release_all(conn)?))
        })
        .await?;
    if released > 0 {
        tracing::info!(cells = released, "cells of the server before this one go back into the queue");
    }
    for run in store.read(store::runs::active).await? {
        if run.state == RunState::Preparing {
            let id = run.id;
            store.write(move |conn| store::runs::discard(conn, id)).await?;
            tracing::info!(run = %id, "a run whose start was cut short was removed");
        }
    }
    for run in store.read(store::runs::half_cancelled).await? {
        cancel_cells(store, events, &run, now).await?;
    }
    mend_states(store, now).await?;
    Ok(workspace)
}

/// Brings the state of each run to what its open cells say: an earlier version could put cells back without it.
async fn mend_states(store: &Store, now: Millis) -> Result<()> {
    for run in store.read(store::runs::contradictory).await? {
        let (id, open) = (run.id, run.open_cells);
        store
            .write(move |conn| match open {
                0 => store::runs::finish(conn, id, now),
                _ => store::runs::reopen(conn, id, now),
            })
            .await?;
        tracing::info!(run = %id, open, "a run whose state contradicted its cells was set right");
    }
    Ok(())
}
