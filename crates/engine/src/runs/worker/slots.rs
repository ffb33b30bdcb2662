//! The slots of a provider: as many calls as it may have at once, and a few claimed cells that wait for one.
//!
//! Without those few, each slot would stand still for a commit between two cells.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use domain::ids::RunId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::CALLS_AT_ONCE;
use super::in_flight::InFlightGuard;
use crate::runs::context::{ClaimedCase, RunContext};

/// A claimed cell that waits for a slot.
pub(super) struct ReadyCell {
    pub run: Arc<RunContext>,
    pub claimed: ClaimedCase,
    /// Keeps the lease.
    pub guard: InFlightGuard,
}

impl ReadyCell {
    /// The cell's `(id, claim)`.
    pub(super) fn lease(&self) -> (i64, i64) {
        (self.claimed.cell.id, self.claimed.cell.claim)
    }
}

/// The slots of each provider, made when the first cell for it comes. Those of a provider that is not there any more
/// stay: they are few and small, and a call of theirs may be under way.
pub(super) struct AllSlots(RwLock<HashMap<String, Arc<Slots>>>);

/// Those for cells whose provider is not there any more: they end at once, with an error that says so.
const NOWHERE: &str = "";

impl AllSlots {
    pub(super) fn new() -> Self {
        let nowhere = Arc::new(Slots::new(CALLS_AT_ONCE));
        Self(RwLock::new(HashMap::from([(NOWHERE.to_owned(), nowhere)])))
    }

    /// All of them; none is made while this is held.
    pub(super) fn read(&self) -> RwLockReadGuard<'_, HashMap<String, Arc<Slots>>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those of a provider that may have so many calls at once; None: of cells without a provider.
    pub(super) fn of(&self, provider: Option<(&str, u32)>) -> Arc<Slots> {
        let (provider, concurrency) = provider.unwrap_or((NOWHERE, 1));
        if let Some(known) = self.read().get(provider) {
            return Arc::clone(known);
        }
        let concurrency = usize::try_from(concurrency).unwrap_or(CALLS_AT_ONCE).min(CALLS_AT_ONCE);
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let new = Slots::new(concurrency);
        // A run that was held before must not begin here.
        if let Some(nowhere) = all.get(NOWHERE) {
            new.lock().held.clone_from(&nowhere.lock().held);
        }
        Arc::clone(all.entry(provider.to_owned()).or_insert_with(|| Arc::new(new)))
    }
}

/// Permits of one provider.
pub(super) struct Slots {
    concurrency: usize,
    calls: Arc<Semaphore>,
    ready: Mutex<Ready>,
}

#[derive(Default)]
struct Ready {
    cells: VecDeque<ReadyCell>,
    /// Runs of which no further cell may begin.
    held: HashSet<RunId>,
}

impl Ready {
    /// Takes away the cells that wait and whose run is wanted.
    fn take(&mut self, wanted: impl Fn(RunId) -> bool) -> Vec<ReadyCell> {
        let waiting = std::mem::take(&mut self.cells);
        let (taken, kept): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|cell| wanted(cell.run.id));
        self.cells = kept.into();
        taken
    }
}

/// The right to have one call under way: one of all calls, and one of the provider's.
pub(super) type Permit = (OwnedSemaphorePermit, OwnedSemaphorePermit);

impl Slots {
    pub(super) fn new(concurrency: usize) -> Self {
        Self { concurrency, calls: Arc::new(Semaphore::new(concurrency)), ready: Mutex::default() }
    }

    /// Whether the provider has a call under way, or cells that wait for one.
    pub(super) fn is_busy(&self) -> bool {
        self.calls() > 0 || !self.lock().cells.is_empty()
    }

    /// How many calls the provider has under way.
    pub(super) fn calls(&self) -> usize {
        self.concurrency - self.calls.available_permits()
    }

    /// Whether a cell waits here only for one of the calls that all providers share, of which `other` has more.
    pub(super) fn is_due_before(&self, other: &Self) -> bool {
        self.calls() < self.concurrency.min(other.calls()) && !self.lock().cells.is_empty()
    }

    /// How many cells to claim: enough for every free slot, and as many to wait as there are slots. None while
    /// all slots are taken and half of those are still there.
    pub(super) fn room(&self, all: &Semaphore) -> usize {
        let free = self.calls.available_permits().min(all.available_permits());
        let waiting = self.lock().cells.len();
        if free == 0 && waiting > self.concurrency / 2 {
            0
        } else {
            (free + self.concurrency).saturating_sub(waiting)
        }
    }

    /// Lets these cells wait. Returns those that may not, because their run is held.
    pub(super) fn push(&self, cells: Vec<ReadyCell>) -> Vec<ReadyCell> {
        let mut ready = self.lock();
        let (refused, accepted) = cells.into_iter().partition(|cell| ready.held.contains(&cell.run.id));
        ready.cells.extend::<Vec<_>>(accepted);
        refused
    }

    /// A permit and the cell to use it for, if there are both.
    pub(super) fn begin(&self, all: &Arc<Semaphore>) -> Option<(ReadyCell, Permit)> {
        let mut ready = self.lock();
        if ready.cells.is_empty() {
            return None;
        }
        let permit =
            (Arc::clone(all).try_acquire_owned().ok()?, Arc::clone(&self.calls).try_acquire_owned().ok()?);
        Some((ready.cells.pop_front()?, permit))
    }

    /// The next cell for a slot whose cell has ended, and whether it is time to claim more.
    pub(super) fn next(&self) -> (Option<ReadyCell>, bool) {
        let mut ready = self.lock();
        let next = ready.cells.pop_front();
        (next, ready.cells.len() <= self.concurrency / 2)
    }

    /// Begins no further cell of this run. Returns those that waited.
    pub(super) fn hold(&self, run: RunId) -> Vec<ReadyCell> {
        self.lock().held.insert(run);
        self.withdraw(run)
    }

    /// Holds exactly the paused runs, whatever was held and released before: two requests may be applied here in
    /// another order than in the database. Returns the cells that waited of runs that are not at work.
    pub(super) fn follow(&self, paused: &HashSet<RunId>, at_work: &HashSet<RunId>) -> Vec<ReadyCell> {
        let mut ready = self.lock();
        ready.held.clone_from(paused);
        ready.take(|run| !at_work.contains(&run))
    }

    /// Takes away the cells of this run that wait.
    pub(super) fn withdraw(&self, run: RunId) -> Vec<ReadyCell> {
        self.lock().take(|waiting| waiting == run)
    }

    /// Lets cells of this run begin again.
    pub(super) fn release(&self, run: RunId) {
        self.lock().held.remove(&run);
    }

    /// Takes away all that wait.
    pub(super) fn drain(&self) -> Vec<ReadyCell> {
        std::mem::take(&mut self.lock().cells).into()
    }

    fn lock(&self) -> MutexGuard<'_, Ready> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
