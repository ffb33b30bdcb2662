//! The lanes: of which run and model there are cells to claim, as the database has it.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use domain::ids::RunId;
use domain::run::RunState;

use super::Shared;
use crate::error::Result;
use crate::runs::context::RunContext;

/// The cells of one model of one run.
pub(super) struct Lane {
    pub run: Arc<RunContext>,
    pub model: usize,
    /// The cells that may be pending: those below were claimed since the runs were read.
    pub open: Range<i64>,
}

impl Lane {
    pub(super) fn provider(&self) -> &str {
        &self.run.models[self.model].provider_name
    }

    pub(super) fn model_name(&self) -> &str {
        &self.run.models[self.model].name
    }
}

/// Reads the active runs, and lets what this process has in memory follow them.
pub(super) async fn read(
    shared: &Arc<Shared>,
    contexts: &mut HashMap<RunId, Arc<RunContext>>,
) -> Result<Vec<Lane>> {
    let runs = shared.around.store.read(store::runs::active).await?;
    let in_state = |wanted: &[RunState]| -> HashSet<RunId> {
        runs.iter().filter(|run| wanted.contains(&run.state)).map(|run| run.id).collect()
    };
    let (paused, at_work) = (in_state(&[RunState::Paused]), in_state(&[RunState::Queued, RunState::Running]));
    shared.all_slots().for_each(|slots| shared.give_back(slots.follow(&paused, &at_work)));
    let mut lanes = Vec::new();
    let mut kept = HashMap::new();
    for run in runs.into_iter().filter(|run| at_work.contains(&run.id)) {
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
