//! What the operations before have made, so that the next ones find something.

use domain::ids::{CardId, CaseId, InstanceId, ProviderId, RunId, ShareId, SuiteId, WorkspaceId};
use domain::matrix::Matrix;
use store::cells::{CellRange, ClaimedCell};

/// A run that was made.
#[derive(Debug, Clone, Copy)]
pub(super) struct KnownRun {
    pub(super) id: RunId,
    pub(super) cells: CellRange,
    pub(super) matrix: Matrix,
}

/// Ids of all that was made, in the order in which it was.
#[derive(Debug, Clone, Default)]
pub(super) struct World {
    pub(super) cards: Vec<CardId>,
    pub(super) suites: Vec<SuiteId>,
    pub(super) cases: Vec<(SuiteId, CaseId)>,
    pub(super) runs: Vec<KnownRun>,
    pub(super) providers: Vec<ProviderId>,
    pub(super) shares: Vec<ShareId>,
    /// Cells that a worker got, each with its run's place; a claim may have become void since.
    pub(super) claimed: Vec<(usize, ClaimedCell)>,
}

/// The only workspace.
pub(super) fn workspace() -> WorkspaceId {
    id(0, 0)
}

/// One of the two workers.
pub(super) fn worker(number: u8) -> InstanceId {
    id(0, 1 + usize::from(number % 2))
}

/// The id of the thing that a step makes as its `place`th.
pub(super) fn id<T: std::str::FromStr>(step: usize, place: usize) -> T {
    let number = step * 1_000 + place + 1;
    let Ok(id) = format!("00000000-0000-7000-8000-{number:012}").parse() else {
        unreachable!("a UUID is an id")
    };
    id
}

/// One of them: most picks find something.
pub(super) fn pick<T: Copy>(of: &[T], pick: u8) -> Option<T> {
    of.get(usize::from(pick).checked_rem(of.len())?).copied()
}
