//! The cells that this process has claimed: as long as they are here, their leases are renewed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Claimed cells: `id → claim`.
#[derive(Default)]
pub(crate) struct InFlight(Mutex<HashMap<i64, i64>>);

/// One claimed cell. When it is dropped, its lease is renewed no more.
pub(crate) struct InFlightGuard {
    all: Arc<InFlight>,
    cell: i64,
    claim: i64,
}

impl InFlight {
    pub(super) fn begin(self: &Arc<Self>, cell: i64, claim: i64) -> InFlightGuard {
        self.lock().insert(cell, claim);
        InFlightGuard { all: Arc::clone(self), cell, claim }
    }

    /// All of them, each `(id, claim)`.
    pub(super) fn list(&self) -> Vec<(i64, i64)> {
        self.lock().iter().map(|(&cell, &claim)| (cell, claim)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<i64, i64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        let mut cells = self.all.lock();
        if cells.get(&self.cell) == Some(&self.claim) {
            cells.remove(&self.cell);
        }
    }
}
