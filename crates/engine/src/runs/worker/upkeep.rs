//! What is done every few seconds, whatever happened: leases, cancels that were cut short, runs unheard of.

use std::collections::HashSet;
use std::sync::Arc;

use super::Shared;
use crate::error::Result;
use crate::runs::control::cancel_cells;

/// Renews the leases of this worker, takes back those of a lost one, brings cancels to their end, and has the runs
/// read again: whoever changed one may not have come to say so.
pub(super) async fn run(shared: &Arc<Shared>) {
    if let Err(error) = renew_leases(shared).await
        && !error.is_trouble()
    {
        tracing::error!(%error, "leases could not be renewed");
    }
    if let Err(error) = end_cancels(shared).await
        && !error.is_trouble()
    {
        tracing::error!(%error, "a cancel that was cut short could not be ended; trying again");
    }
    // Another instance may have changed what there is to call.
    if let Err(error) = shared.around.directory.refresh(&shared.around.store).await
        && !error.is_trouble()
    {
        tracing::error!(%error, "the model servers could not be read again");
    }
    shared.runs_changed();
}

async fn end_cancels(shared: &Arc<Shared>) -> Result<()> {
    let around = &shared.around;
    for run in around.store.read(store::runs::half_cancelled).await? {
        cancel_cells(&around.store, &around.events, &run, shared.now()).await?;
    }
    Ok(())
}

async fn renew_leases(shared: &Arc<Shared>) -> Result<()> {
    let cells = shared.in_flight.list();
    let (owner, now, until) = (shared.around.instance, shared.now(), shared.lease_until());
    let store = &shared.around.store;
    store.write_guarded(move |conn| store::cells::renew(conn, owner, &cells, until)).await?;
    let expired = store.read(move |conn| store::cells::expired(conn, now)).await?;
    let released = store
        .write_guarded(move |conn| {
            store::instances::announce(conn, owner)?;
            let judged = store::instances::may_be_judged(conn);
            let of_the_dead = if judged { store::cells::release_dead(conn, owner)? } else { 0 };
            Ok(of_the_dead + store::cells::release_expired(conn, &expired, now)?)
        })
        .await?;
    if released > 0 {
        tracing::warn!(cells = released, "cells of a lost worker went back into the queue");
        shared.runs_changed();
    }
    Ok(())
}

/// Gives back the cells that are leased to this worker and that it does not have: it was not told that its claim was
/// committed. Only where nothing is being claimed.
pub(super) async fn give_back_unknown(shared: &Arc<Shared>) -> Result<()> {
    let owner = shared.around.instance;
    let store = &shared.around.store;
    let mut leased = store.read(move |conn| store::cells::leased_by(conn, owner)).await?;
    let known: HashSet<(i64, i64)> = shared.in_flight.list().into_iter().collect();
    leased.retain(|lease| !known.contains(lease));
    if leased.is_empty() {
        return Ok(());
    }
    store.write_guarded(move |conn| store::cells::release(conn, &leased)).await?;
    shared.runs_changed();
    Ok(())
}
