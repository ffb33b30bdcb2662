//! Lanes whose model server is left alone: their cells wait, and the server is tried again.

use std::sync::Arc;

use domain::ids::RunId;
use resilience::BreakerState;
use tokio::time::Instant;

use super::Shared;
use super::lanes::Lane;
use crate::runs::waits::{Noted, waits_frame};

/// Whether the cells of a lane may be begun.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outage {
    /// Its server is asked.
    No,
    /// Its server is left alone. Look again then.
    Until(Instant),
    /// It is, and has been for as long as cells wait: they end.
    Over,
}

/// Looks at the server of a lane, and has it tried when it is time. Cells that wait for a slot go back.
pub(super) fn look(shared: &Arc<Shared>, lane: &Lane) -> Outage {
    let (run, waits) = (lane.run.id, &shared.around.waits);
    let Some(server) = lane.server() else { return Outage::No };
    if server.breaker().state() == BreakerState::Closed {
        if waits.clear(run, lane.model) {
            tell(shared, run);
        }
        return Outage::No;
    }
    if server.breaker().probe_at().is_some_and(|at| at <= Instant::now()) {
        let (shared, server) = (Arc::clone(shared), Arc::clone(server));
        shared.tasks.clone().spawn(async move {
            tokio::select! {
                () = server.probe() => {}
                () = shared.stop.cancelled() => {}
            }
            shared.wake.notify_one();
        });
    }
    let Noted { is_over, look_at, changed } = waits.note(run, lane.model, server, shared.now());
    if changed {
        tell(shared, run);
    }
    if is_over {
        return Outage::Over;
    }
    shared.give_back(shared.slots_of(lane).withdraw(run));
    Outage::Until(look_at)
}

/// Tells the readers of a run what it waits for now.
pub(super) fn tell(shared: &Shared, run: RunId) {
    let around = &shared.around;
    if around.events.has_readers(run)
        && let Some(frame) = waits_frame(&around.waits.of(run))
    {
        around.events.notice(run, frame);
    }
}
