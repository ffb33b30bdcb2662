//! The cells that this process has claimed: as long as they are here, their leases are renewed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use store::budgets::Payers;

/// Claimed cells: `id → claim, and who pays for the call`.
#[derive(Default)]
pub(crate) struct InFlight(Mutex<HashMap<i64, (i64, Payers)>>);

/// One claimed cell. When it is dropped, its lease is renewed no more.
pub(crate) struct InFlightGuard {
    all: Arc<InFlight>,
    cell: i64,
    claim: i64,
}

impl InFlight {
    pub(super) fn begin(self: &Arc<Self>, cell: i64, claim: i64, payers: Payers) -> InFlightGuard {
        self.lock().insert(cell, (claim, payers));
        InFlightGuard { all: Arc::clone(self), cell, claim }
    }

    /// All of them, each `(id, claim)`.
    pub(super) fn list(&self) -> Vec<(i64, i64)> {
        self.lock().iter().map(|(&cell, &(claim, _))| (cell, claim)).collect()
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.lock().len()
    }

    /// How many of them are of this workspace, and how many of this API key.
    pub(super) fn of(&self, payers: Payers) -> (usize, usize) {
        let all = self.lock();
        let of_workspace = all.values().filter(|(_, other)| other.workspace == payers.workspace).count();
        let of_key = all.values().filter(|(_, other)| other.api_key == payers.api_key).count();
        (of_workspace, of_key)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<i64, (i64, Payers)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        let mut cells = self.all.lock();
        if cells.get(&self.cell).is_some_and(|(claim, _)| *claim == self.claim) {
            cells.remove(&self.cell);
        }
    }
}
