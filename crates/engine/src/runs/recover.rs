//! After a start: what an earlier server left behind is cleared up, and its runs go on.

use std::sync::Arc;

use domain::clock::Millis;
use domain::ids::{IdSource, InstanceId, WorkspaceId};
use store::Store;

use super::control::cancel_cells;
use crate::error::Result;
use crate::events::EventHub;
use crate::{DEFAULT_WORKSPACE, DEFAULT_WORKSPACE_NAME};

/// Gives back every lease, removes runs and imports that never became visible, ends cancels that were cut short, sets states
/// right, and makes the first workspace.
///
/// Only of servers that are no more: on a database server, others may be at work.
pub(crate) async fn recover(
    store: &Store,
    events: &Arc<EventHub>,
    me: InstanceId,
    ids: &dyn IdSource,
    now: Millis,
) -> Result<WorkspaceId> {
    store.write_guarded(move |conn| store::instances::announce(conn, me)).await?;
    let id = WorkspaceId::new(ids);
    let (workspace, released) = store
        .write(move |conn| {
            let workspace =
                store::workspaces::ensure(conn, id, DEFAULT_WORKSPACE, DEFAULT_WORKSPACE_NAME, now)?;
            store::idempotency::forget(conn, now - crate::idempotency::KEPT_MS)?;
            Ok((workspace, store::cells::release_dead(conn, me)?))
        })
        .await?;
    if released > 0 {
        tracing::info!(cells = released, "cells of the server before this one go back into the queue");
    }
    for run in store.write(store::runs::discard_abandoned).await? {
        tracing::info!(%run, "a run whose start was cut short was removed");
    }
    for import in store.write(move |conn| store::imports::take_abandoned(conn, me)).await? {
        store::imports::discard(store, import).await?;
        tracing::info!(%import, "an import that was cut short was removed");
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
