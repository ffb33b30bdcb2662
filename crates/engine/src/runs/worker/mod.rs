//! The worker: claims cells as permits allow, and keeps every model call within the limits.
//!
//! Permits are counted here and nowhere else: so many calls in all, and so many of each provider. No more cells
//! are claimed than the slots of their provider can work on now and next.

mod allowance;
mod claim;
mod in_flight;
mod lanes;
mod loads;
mod outage;
mod slots;
mod upkeep;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::clock::{Clock, Millis};
use domain::ids::{InstanceId, RunId};
use store::Store;
use store::cell_results::ParkedCell;
use tokio::sync::{Notify, Semaphore, mpsc};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::cell::{self, Worked};
use super::context::RunContext;
use super::finish::{Finished, Finisher};
use super::waits::Waits;
use crate::error::{Error, Result};
use crate::events::EventHub;
use crate::metrics::EngineMetrics;
use crate::providers::Directory;
use claim::claim;
use in_flight::InFlight;
pub(crate) use in_flight::InFlightGuard;
use lanes::Lane;
use loads::{Loads, is_loaded};
use outage::Outage;
use slots::{AllSlots, Permit, ReadyCell, Slots};

/// Model calls at once, over all providers.
pub(crate) const CALLS_AT_ONCE: usize = 50;
/// How long a claimed cell stays with its worker unless it is renewed.
const LEASE: Duration = Duration::from_secs(30);
/// How often leases are renewed and expired ones given back.
const RENEWAL: Duration = Duration::from_secs(10);
/// How long the worker waits before it looks again after the store failed.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// What the worker needs of the engine.
#[derive(Clone)]
pub(crate) struct Surroundings {
    pub store: Store,
    pub directory: Arc<Directory>,
    pub clock: Arc<dyn Clock>,
    pub events: Arc<EventHub>,
    /// What runs wait for.
    pub waits: Arc<Waits>,
    pub instance: InstanceId,
    /// Told when results were stored: what they used is known then.
    pub results_stored: Arc<Notify>,
    pub metrics: EngineMetrics,
}

/// Works off the cells of all runs.
pub(crate) struct Worker {
    shared: Arc<Shared>,
}

struct Shared {
    around: Surroundings,
    /// Something changed: a permit is free, or the runs are others.
    wake: Notify,
    /// The list of runs must be read again.
    runs_changed: AtomicBool,
    /// A run waits until it is known what the calls under way have used of its budget.
    budget_waits: AtomicBool,
    calls: Arc<Semaphore>,
    slots: AllSlots,
    loads: Loads,
    cancels: Mutex<HashMap<RunId, CancellationToken>>,
    in_flight: Arc<InFlight>,
    finished: mpsc::Sender<Finished>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Worker {
    /// Starts the worker on `tasks`; it ends when `stop` is cancelled, its cells given back.
    pub(crate) fn start(around: Surroundings, tasks: &TaskTracker, stop: &CancellationToken) -> Self {
        let (finished, results) = mpsc::channel(4 * CALLS_AT_ONCE);
        let shared = Arc::new(Shared {
            wake: Notify::new(),
            runs_changed: AtomicBool::new(true),
            budget_waits: AtomicBool::new(false),
            calls: Arc::new(Semaphore::new(CALLS_AT_ONCE)),
            slots: AllSlots::new(),
            loads: Loads::default(),
            cancels: Mutex::default(),
            in_flight: Arc::default(),
            finished,
            tasks: tasks.clone(),
            stop: stop.clone(),
            around,
        });
        tasks.spawn(Finisher::new(shared.around.clone()).run(results));
        tasks.spawn(dispatch(Arc::clone(&shared)));
        Self { shared }
    }

    /// Looks at the runs again: one was started, paused, resumed or put back.
    pub(crate) fn runs_changed(&self) {
        self.shared.runs_changed();
    }

    /// Begins no further cell of a run that was paused, and gives back those that wait for a slot.
    pub(crate) fn hold(&self, run: RunId) {
        self.shared.hold(run);
    }

    /// Goes on with a run that was paused.
    pub(crate) fn release(&self, run: RunId) {
        self.shared.slots.read().values().for_each(|slots| slots.release(run));
        self.shared.runs_changed();
    }

    /// Cells that this process has claimed.
    pub(crate) fn cells_in_flight(&self) -> usize {
        self.shared.in_flight.count()
    }

    /// Calls of models that are under way.
    pub(crate) fn calls_in_flight(&self) -> usize {
        CALLS_AT_ONCE.saturating_sub(self.shared.calls.available_permits())
    }

    /// Aborts the model calls of a cancelled run.
    pub(crate) fn abort(&self, run: RunId) {
        // Those that wait need not be given back: they are cancelled with the run.
        self.shared.slots.read().values().for_each(|slots| drop(slots.withdraw(run)));
        let cancel = lock(&self.shared.cancels).remove(&run);
        if let Some(cancel) = cancel {
            cancel.cancel();
        }
        self.shared.runs_changed();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    fn runs_changed(&self) {
        self.runs_changed.store(true, Ordering::Release);
        self.wake.notify_one();
    }

    fn hold(self: &Arc<Self>, run: RunId) {
        let withdrawn: Vec<ReadyCell> =
            self.slots.read().values().flat_map(|slots| slots.hold(run)).collect();
        self.give_back(withdrawn);
        self.runs_changed();
    }

    fn now(&self) -> Millis {
        self.around.clock.now()
    }

    fn lease_until(&self) -> Millis {
        self.now() + i64::try_from(LEASE.as_millis()).unwrap_or(i64::MAX)
    }

    fn cancel_of(&self, run: RunId) -> CancellationToken {
        lock(&self.cancels).entry(run).or_insert_with(|| self.stop.child_token()).clone()
    }

    /// Ends the calls of all other runs than these: no result of theirs can be stored any more.
    fn end_calls_except(&self, active: &HashSet<RunId>) {
        lock(&self.cancels).retain(|run, cancel| {
            let kept = active.contains(run);
            if !kept {
                cancel.cancel();
            }
            kept
        });
    }

    fn slots_of(&self, lane: &Lane) -> Arc<Slots> {
        self.slots.of(lane.server().map(|server| (lane.provider(), server.concurrency())))
    }

    /// Whether a slot that is free is to be left to another provider: with all calls taken, one with many cells
    /// would keep the others from their share as long as it has cells.
    fn is_due_to_another(&self, slots: &Slots) -> bool {
        self.calls.available_permits() == 0
            && self.slots.read().values().any(|other| other.is_due_before(slots))
    }

    /// Puts claimed cells whose call was not made, or was aborted, back into the queue.
    fn give_back(self: &Arc<Self>, cells: Vec<ReadyCell>) {
        if cells.is_empty() {
            return;
        }
        let shared = Arc::clone(self);
        self.tasks.spawn(async move {
            let leases: Vec<(i64, i64)> = cells.iter().map(ReadyCell::lease).collect();
            let count = leases.len();
            let released =
                shared.around.store.write_guarded(move |conn| store::cells::release(conn, &leases)).await;
            if let Err(error) = released {
                tracing::warn!(cells = count, %error, "cells were not given back; their leases will end");
            }
            drop(cells);
            // Their positions may lie before those that are looked at for pending cells.
            shared.runs_changed();
        });
    }

    /// Puts a cell back into the queue with the calls that were made for it in vain.
    fn park(self: &Arc<Self>, run: &RunContext, cell: ParkedCell, guard: InFlightGuard) {
        let (shared, payers, at) = (Arc::clone(self), run.payers, self.now());
        self.tasks.spawn(async move {
            let id = cell.id;
            let parked = shared
                .around
                .store
                .write_guarded(move |conn| store::cell_results::park(conn, payers, &cell, at))
                .await;
            if let Err(error) = parked {
                tracing::warn!(cell = id, %error, "a cell was not given back; its lease will end");
            }
            drop(guard);
            shared.runs_changed();
        });
    }
}

async fn dispatch(shared: Arc<Shared>) {
    let mut lanes: Vec<Lane> = Vec::new();
    let mut contexts = lanes::Contexts::new();
    let mut renewal = Instant::now() + RENEWAL;
    // Whether cells may be claimed of which this worker was not told.
    let mut unknown_claim = false;
    // When a lane that waits for its model server is to be looked at again.
    let mut look_at;
    while !shared.stop.is_cancelled() {
        if unknown_claim {
            unknown_claim = upkeep::give_back_unknown(&shared).await.is_err();
        }
        if shared.runs_changed.swap(false, Ordering::AcqRel) {
            match lanes::read(&shared, &mut contexts).await {
                Ok(read) => lanes = read,
                Err(error) => {
                    if !error.is_trouble() {
                        tracing::error!(%error, "the runs could not be read; trying again");
                    }
                    shared.runs_changed.store(true, Ordering::Release);
                    tokio::time::sleep(AFTER_FAILURE).await;
                    continue;
                }
            }
        }
        match fill_slots(&shared, &mut lanes).await {
            Ok(Filled { claimed_any: true, .. }) => continue,
            Ok(filled) => look_at = filled.look_at.unwrap_or(renewal),
            Err(error) => {
                if !error.is_trouble() {
                    tracing::error!(%error, "no cell could be claimed; trying again");
                }
                unknown_claim |= matches!(error, Error::Store(store::Error::OutcomeUnknown { .. }));
                shared.runs_changed.store(true, Ordering::Release);
                tokio::time::sleep(AFTER_FAILURE).await;
                continue;
            }
        }
        tokio::select! {
            () = shared.stop.cancelled() => {}
            () = shared.wake.notified() => {}
            () = shared.around.results_stored.notified(), if shared.budget_waits.load(Ordering::Acquire) => {
                shared.budget_waits.store(false, Ordering::Release);
                shared.runs_changed.store(true, Ordering::Release);
            }
            () = shared.around.store.run_changed() => shared.runs_changed.store(true, Ordering::Release),
            () = sleep_until(look_at), if look_at < renewal => {}
            () = sleep_until(renewal) => {
                renewal = Instant::now() + RENEWAL;
                upkeep::run(&shared).await;
            }
        }
    }
    let waiting: Vec<ReadyCell> = shared.slots.read().values().flat_map(|slots| slots.drain()).collect();
    shared.give_back(waiting);
}

/// What came of filling the slots.
struct Filled {
    /// Something was claimed: there may be more.
    claimed_any: bool,
    /// When to look again, where a lane waits for its model server.
    look_at: Option<Instant>,
}

/// Begins what waits, and claims what there is room for.
async fn fill_slots(shared: &Arc<Shared>, lanes: &mut Vec<Lane>) -> Result<Filled> {
    begin_ready(shared);
    let mut filled = Filled { claimed_any: false, look_at: None };
    // Each provider works on its first lane that has cells: the next model begins when this one is done.
    let mut at_work: HashSet<String> = HashSet::new();
    let mut index = 0;
    while let Some(lane) = lanes.get(index) {
        let outage = outage::look(shared, lane);
        if let Outage::Until(moment) = outage {
            filled.look_at = Some(filled.look_at.map_or(moment, |earliest| earliest.min(moment)));
            index += 1;
            continue;
        }
        let slots = shared.slots_of(lane);
        let is_ready = || outage == Outage::Over || is_loaded(shared, lane);
        let skip = at_work.contains(lane.provider()) || !is_ready();
        let room = if skip { 0 } else { slots.room(&shared.calls) };
        if room == 0 {
            at_work.insert(lane.provider().to_owned());
            index += 1;
            continue;
        }
        let claimed = claim(shared, lane, room).await?;
        let exhausted = claimed.len() < room;
        filled.claimed_any |= !claimed.is_empty();
        let lane = &mut lanes[index];
        if let Some(last) = claimed.last() {
            lane.open.start = lane.run.cells.position(last.cell.id) + 1;
        }
        let ready = claimed.into_iter().map(|claimed| ReadyCell {
            run: Arc::clone(&lane.run),
            guard: shared.in_flight.begin(claimed.cell.id, claimed.cell.claim, lane.run.payers),
            claimed,
        });
        shared.give_back(slots.push(ready.collect()));
        begin_ready(shared);
        if exhausted {
            lanes.remove(index);
        } else {
            at_work.insert(lane.provider().to_owned());
            index += 1;
        }
    }
    Ok(filled)
}

/// Begins what waits, first where the fewest calls are under way.
fn begin_ready(shared: &Arc<Shared>) {
    let mut all: Vec<Arc<Slots>> = shared.slots.read().values().cloned().collect();
    all.sort_by_key(|slots| slots.calls());
    for slots in all {
        while let Some((cell, permit)) = slots.begin(&shared.calls) {
            let (shared, slots) = (Arc::clone(shared), Arc::clone(&slots));
            shared.tasks.clone().spawn(work_off(shared, slots, cell, permit));
        }
    }
}

/// A slot at work: one cell after the other, as long as some wait.
async fn work_off(shared: Arc<Shared>, slots: Arc<Slots>, first: ReadyCell, permit: Permit) {
    let mut next = Some(first);
    while let Some(ReadyCell { run, claimed, guard }) = next {
        let worked = cell::work_caught(&shared.around, &run, &claimed).await;
        match worked {
            Worked::Finished(cell) => {
                let (id, finished) = (cell.facts.id, Finished { run, cell: *cell, guard });
                if shared.finished.send(finished).await.is_err() {
                    tracing::error!(cell = id, "a result came after the end of the server");
                }
            }
            Worked::Parked(cell) => shared.park(&run, cell, guard),
            Worked::GivenUp => shared.give_back(vec![ReadyCell { run, claimed, guard }]),
        }
        let claim_more;
        let ends = shared.stop.is_cancelled() || shared.is_due_to_another(&slots);
        (next, claim_more) = if ends { (None, true) } else { slots.next() };
        if claim_more && next.is_some() {
            shared.wake.notify_one();
        }
    }
    drop(permit);
    shared.wake.notify_one();
}
