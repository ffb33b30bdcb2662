//! The worker: claims cells as permits allow, and keeps every model call within the limits.
//!
//! Permits are counted here and nowhere else: so many calls in all, and so many of each provider. A claim is
//! made for free permits only, so that no cell is leased while it waits for one.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::clock::{Clock, Millis};
use domain::ids::{InstanceId, RunId};
use domain::run::RunState;
use llm::{ProviderKind, Registry};
use store::Store;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::cell;
use super::context::{ClaimedCase, RunContext};
use super::finish::{Finished, Finisher};
use crate::error::Result;
use crate::events::EventHub;

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
    pub providers: Arc<Registry>,
    pub clock: Arc<dyn Clock>,
    pub events: Arc<EventHub>,
    pub instance: InstanceId,
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
    calls: Arc<Semaphore>,
    calls_of_provider: HashMap<String, Arc<Semaphore>>,
    /// Which model each provider has been told to load, where that is worth knowing.
    loads: Mutex<HashMap<String, Load>>,
    cancels: Mutex<HashMap<RunId, CancellationToken>>,
    in_flight: Arc<InFlight>,
    finished: mpsc::Sender<Finished>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

struct Load {
    model: String,
    ready: bool,
}

/// The cells that this process is working on, whose leases are renewed: `(run, position) → claim`.
#[derive(Default)]
pub(crate) struct InFlight(Mutex<HashMap<(RunId, i64), i64>>);

/// One cell in flight. When it is dropped, its lease is renewed no more.
pub(crate) struct InFlightGuard {
    all: Arc<InFlight>,
    key: (RunId, i64),
    claim: i64,
}

impl InFlight {
    fn begin(self: &Arc<Self>, run: RunId, position: i64, claim: i64) -> InFlightGuard {
        let key = (run, position);
        self.lock().insert(key, claim);
        InFlightGuard { all: Arc::clone(self), key, claim }
    }

    fn list(&self) -> Vec<(RunId, i64, i64)> {
        self.lock().iter().map(|(&(run, position), &claim)| (run, position, claim)).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<(RunId, i64), i64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        let mut cells = self.all.lock();
        if cells.get(&self.key) == Some(&self.claim) {
            cells.remove(&self.key);
        }
    }
}

/// The cells of one model of one run.
struct Lane {
    run: Arc<RunContext>,
    model: usize,
    /// The cells that may be pending: those below were claimed since the runs were read.
    open: Range<i64>,
}

impl Lane {
    fn provider(&self) -> &str {
        &self.run.models[self.model].provider_name
    }

    fn model_name(&self) -> &str {
        &self.run.models[self.model].name
    }
}

impl Worker {
    /// Starts the worker on `tasks`; it ends when `stop` is cancelled, its cells given back.
    pub(crate) fn start(around: Surroundings, tasks: &TaskTracker, stop: &CancellationToken) -> Self {
        let (finished, results) = mpsc::channel(4 * CALLS_AT_ONCE);
        let calls_of_provider = around.providers.iter().map(|provider| {
            let permits = usize::try_from(provider.concurrency()).unwrap_or(CALLS_AT_ONCE);
            (provider.name().to_owned(), Arc::new(Semaphore::new(permits)))
        });
        let shared = Arc::new(Shared {
            wake: Notify::new(),
            runs_changed: AtomicBool::new(true),
            calls: Arc::new(Semaphore::new(CALLS_AT_ONCE)),
            calls_of_provider: calls_of_provider.collect(),
            loads: Mutex::default(),
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

    /// Aborts the model calls of a run.
    pub(crate) fn abort(&self, run: RunId) {
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

    fn now(&self) -> Millis {
        self.around.clock.now()
    }

    fn lease_until(&self) -> Millis {
        self.now() + i64::try_from(LEASE.as_millis()).unwrap_or(i64::MAX)
    }

    fn cancel_of(&self, run: RunId) -> CancellationToken {
        lock(&self.cancels).entry(run).or_insert_with(|| self.stop.child_token()).clone()
    }

    /// Whether the provider may be given cells of this model now. A server that loads one model after the
    /// other is told to load the next one when the last cell of the one before has ended.
    fn is_loaded(self: &Arc<Self>, lane: &Lane) -> bool {
        let Some(provider) = lane.run.models[lane.model].provider.clone() else { return true };
        if provider.kind() != ProviderKind::Ollama {
            return true;
        }
        let mut loads = lock(&self.loads);
        let busy = self
            .calls_of_provider
            .get(lane.provider())
            .is_some_and(|calls| calls.available_permits() < provider.concurrency() as usize);
        match loads.get(lane.provider()) {
            Some(load) if load.model == lane.model_name() => load.ready,
            Some(load) if !load.ready || busy => false,
            _ => {
                let model = lane.model_name().to_owned();
                loads.insert(lane.provider().to_owned(), Load { model: model.clone(), ready: false });
                drop(loads);
                let shared = Arc::clone(self);
                let parameters = lane.run.load_parameters(lane.model);
                let cancel = self.stop.clone();
                self.tasks.spawn(async move {
                    if let Err(error) = provider.load(&model, &parameters, &cancel).await {
                        // The cells will meet the same trouble, and say so where it is seen.
                        tracing::info!(provider = provider.name(), model, %error, "the model was not loaded");
                    }
                    if let Some(load) = lock(&shared.loads).get_mut(provider.name())
                        && load.model == model
                    {
                        load.ready = true;
                    }
                    shared.wake.notify_one();
                });
                false
            }
        }
    }
}

async fn dispatch(shared: Arc<Shared>) {
    let mut lanes: Vec<Lane> = Vec::new();
    let mut contexts: HashMap<RunId, Arc<RunContext>> = HashMap::new();
    let mut renewal = Instant::now() + RENEWAL;
    while !shared.stop.is_cancelled() {
        if shared.runs_changed.swap(false, Ordering::AcqRel) {
            match read_lanes(&shared, &mut contexts).await {
                Ok(read) => lanes = read,
                Err(error) => {
                    tracing::error!(%error, "the runs could not be read; trying again");
                    shared.runs_changed.store(true, Ordering::Release);
                    tokio::time::sleep(AFTER_FAILURE).await;
                    continue;
                }
            }
        }
        match claim_for_free_permits(&shared, &mut lanes).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => {
                tracing::error!(%error, "no cell could be claimed; trying again");
                tokio::time::sleep(AFTER_FAILURE).await;
            }
        }
        tokio::select! {
            () = shared.stop.cancelled() => {}
            () = shared.wake.notified() => {}
            () = sleep_until(renewal) => {
                renewal = Instant::now() + RENEWAL;
                if let Err(error) = renew_leases(&shared).await {
                    tracing::error!(%error, "leases could not be renewed");
                }
            }
        }
    }
}

async fn read_lanes(
    shared: &Arc<Shared>,
    contexts: &mut HashMap<RunId, Arc<RunContext>>,
) -> Result<Vec<Lane>> {
    let runs = shared.around.store.read(store::runs::active).await?;
    let runs = runs.into_iter().filter(|run| matches!(run.state, RunState::Queued | RunState::Running));
    let mut lanes = Vec::new();
    let mut kept = HashMap::new();
    for run in runs {
        let context = if let Some(context) = contexts.remove(&run.id) {
            context
        } else {
            let cancel = shared.cancel_of(run.id);
            Arc::new(RunContext::read(&shared.around, run, cancel).await?)
        };
        kept.insert(context.id, Arc::clone(&context));
        lanes.extend((0..context.models.len()).map(|model| {
            let open = context.positions_of(model);
            Lane { run: Arc::clone(&context), model, open }
        }));
    }
    *contexts = kept;
    Ok(lanes)
}

/// Claims what fits into the free permits and begins it. True: something was claimed, there may be more.
async fn claim_for_free_permits(shared: &Arc<Shared>, lanes: &mut Vec<Lane>) -> Result<bool> {
    let mut claimed_any = false;
    let mut tried: HashSet<String> = HashSet::new();
    let mut index = 0;
    while index < lanes.len() {
        let lane = &lanes[index];
        // Each provider works on its first lane that has cells: the next model begins when this one is done.
        if tried.contains(lane.provider()) || !shared.is_loaded(lane) {
            tried.insert(lane.provider().to_owned());
            index += 1;
            continue;
        }
        let Some(permits) = free_permits(shared, lane) else {
            tried.insert(lane.provider().to_owned());
            index += 1;
            continue;
        };
        let wanted = permits.len();
        let claimed = claim(shared, lane, wanted).await?;
        if let (Some(last), Some(lane)) = (claimed.last(), lanes.get_mut(index)) {
            lane.open.start = last.cell.position + 1;
        }
        let lane = &lanes[index];
        let exhausted = claimed.len() < wanted;
        claimed_any |= !claimed.is_empty();
        if !exhausted {
            tried.insert(lane.provider().to_owned());
        }
        for (claimed, permits) in claimed.into_iter().zip(permits) {
            begin(shared, &lane.run, claimed, permits);
        }
        if exhausted {
            lanes.remove(index);
        } else {
            index += 1;
        }
    }
    Ok(claimed_any)
}

type Permits = (OwnedSemaphorePermit, Option<OwnedSemaphorePermit>);

/// The permits that are free for a lane, one pair a call. None: there is none.
fn free_permits(shared: &Shared, lane: &Lane) -> Option<Vec<Permits>> {
    let of_provider = shared.calls_of_provider.get(lane.provider());
    let mut permits = Vec::new();
    loop {
        let Ok(all) = Arc::clone(&shared.calls).try_acquire_owned() else { break };
        match of_provider.map(|calls| Arc::clone(calls).try_acquire_owned()) {
            None => permits.push((all, None)),
            Some(Ok(provider)) => permits.push((all, Some(provider))),
            Some(Err(_)) => break,
        }
    }
    (!permits.is_empty()).then_some(permits)
}

async fn claim(shared: &Shared, lane: &Lane, limit: usize) -> Result<Vec<ClaimedCase>> {
    let context = &lane.run;
    let (run, matrix, open) = (context.id, context.matrix, lane.open.clone());
    let (owner, now, until) = (shared.around.instance, shared.now(), shared.lease_until());
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let (claimed, begun) = shared
        .around
        .store
        .write_guarded(move |conn| {
            let cells = store::cells::claim(conn, run, open.clone(), limit, owner, until)?;
            let begun = if cells.is_empty() { None } else { store::runs::begin(conn, run, now)? };
            let claimed = cells
                .into_iter()
                .filter_map(|cell| {
                    let at = matrix.coordinates(u64::try_from(cell.position).ok()?)?;
                    Some(store::runs::case_content(conn, run, at.case.into()).map(|case| ClaimedCase {
                        cell,
                        at,
                        case,
                    }))
                })
                .collect::<store::Result<Vec<_>>>()?;
            Ok((claimed, begun))
        })
        .await?;
    if let Some(number) = begun {
        super::control::tell(&shared.around.store, &shared.around.events, run, number, "run_started").await;
    }
    Ok(claimed)
}

fn begin(shared: &Arc<Shared>, context: &Arc<RunContext>, claimed: ClaimedCase, permits: Permits) {
    let context = Arc::clone(context);
    let shared_by_task = Arc::clone(shared);
    let (position, claim) = (claimed.cell.position, claimed.cell.claim);
    let guard = shared.in_flight.begin(context.id, position, claim);
    shared.tasks.spawn(async move {
        let shared = shared_by_task;
        let worked = cell::work(&shared.around, &context, claimed).await;
        drop(permits);
        shared.wake.notify_one();
        match worked {
            Some(cell) => {
                let finished = Finished { run: Arc::clone(&context), cell, guard };
                if shared.finished.send(finished).await.is_err() {
                    tracing::error!(run = %context.id, position, "a result came after the end of the server");
                }
            }
            None => give_back(&shared, context.id, position, claim).await,
        }
    });
}

/// Gives back a cell whose call was aborted: by a cancelled run, or by the end of the server.
async fn give_back(shared: &Shared, run: RunId, position: i64, claim: i64) {
    let cells = [(run, position, claim)];
    let given = shared.around.store.write_guarded(move |conn| store::cells::release(conn, &cells)).await;
    if let Err(error) = given {
        tracing::warn!(%run, position, %error, "a cell was not given back; its lease will end by itself");
    }
}

async fn renew_leases(shared: &Arc<Shared>) -> Result<()> {
    let cells = shared.in_flight.list();
    let (owner, now, until) = (shared.around.instance, shared.now(), shared.lease_until());
    let released = shared
        .around
        .store
        .write_guarded(move |conn| {
            store::cells::renew(conn, owner, &cells, until)?;
            store::cells::release_expired(conn, now)
        })
        .await?;
    if !released.is_empty() {
        tracing::warn!(runs = released.len(), "cells of a lost worker went back into the queue");
        shared.runs_changed();
    }
    Ok(())
}
