//! The lanes: of which run and model there are cells to claim, as the database has it.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use domain::ids::RunId;
use domain::matrix::Matrix;
use domain::run::RunState;
use llm::Guarded;
use store::Conn;
use store::runs::RunRow;

use super::slots::ReadyCell;
use super::{Shared, outage};
use crate::error::{Error, Result};
use crate::runs::context::RunContext;

/// The cells of one model of one run.
pub(super) struct Lane {
    pub run: Arc<RunContext>,
    pub model: usize,
    /// The positions of the cells that may be pending, the first of which was when it was looked at.
    pub open: Range<i64>,
}

impl Lane {
    /// Whose cells are worked on one after the other.
    pub(super) fn provider(&self) -> &str {
        &self.run.models[self.model].slots
    }

    /// Its model server, where that is still there.
    pub(super) fn server(&self) -> Option<&Arc<Guarded>> {
        self.run.models[self.model].provider.as_ref()
    }

    /// Whether its model is made up, and uses nothing of a budget.
    pub(super) fn is_simulated(&self) -> bool {
        self.server().is_some_and(|provider| provider.is_simulated())
    }

    pub(super) fn model_name(&self) -> &str {
        &self.run.models[self.model].name
    }
}

/// The runs in memory. None: its inputs cannot be read, which was logged once.
pub(super) type Contexts = HashMap<RunId, Option<Arc<RunContext>>>;

/// Reads the active runs, and lets what this process has in memory follow them.
///
/// A lane begins with its first pending cell, and there is none without one: a lane whose cells are all at work
/// would have its model loaded again, in the place of the one that is being asked.
pub(super) async fn read(shared: &Arc<Shared>, contexts: &mut Contexts) -> Result<Vec<Lane>> {
    let runs = shared.around.store.read(read_open).await?;
    let in_state = |wanted: &[RunState]| -> HashSet<RunId> {
        runs.iter().map(|(run, _)| run).filter(|run| wanted.contains(&run.state)).map(|run| run.id).collect()
    };
    let (paused, at_work) = (in_state(&[RunState::Paused]), in_state(&AT_WORK));
    let not_at_work: Vec<ReadyCell> =
        shared.slots.read().values().flat_map(|slots| slots.follow(&paused, &at_work)).collect();
    shared.give_back(not_at_work);
    shared.end_calls_except(&runs.iter().map(|(run, _)| run.id).collect());
    for run in shared.around.waits.keep(&at_work) {
        outage::tell(shared, run);
    }
    let generation = shared.around.directory.generation();
    let mut lanes = Vec::new();
    let mut kept = Contexts::new();
    for (run, open) in runs.into_iter().filter(|(run, _)| at_work.contains(&run.id)) {
        let id = run.id;
        let context = match contexts.get(&id) {
            Some(known) if known.as_ref().is_none_or(|run| run.generation == generation) => known.clone(),
            _ => read_context(shared, run).await?,
        };
        kept.insert(id, context.clone());
        let Some(context) = context else { continue };
        lanes.extend(open.into_iter().map(|(model, open)| Lane { run: Arc::clone(&context), model, open }));
    }
    *contexts = kept;
    Ok(lanes)
}

/// The states of a run whose cells may be begun.
const AT_WORK: [RunState; 2] = [RunState::Queued, RunState::Running];

type OpenRun = (RunRow, Vec<(usize, Range<i64>)>);

/// The active runs and, of those at work, which models have pending cells, and where.
fn read_open(conn: &mut Conn) -> store::Result<Vec<OpenRun>> {
    let runs = store::runs::active(conn)?;
    let read = |run: RunRow| {
        let mut open = Vec::new();
        if AT_WORK.contains(&run.state) {
            for (model, positions) in (0..).zip(positions_by_model(run.matrix)) {
                let first = store::cells::first_pending(conn, run.cells, &positions)?;
                open.extend(first.map(|first| (model, first..positions.end)));
            }
        }
        Ok((run, open))
    };
    runs.into_iter().map(read).collect()
}

/// The positions of the cells of each model.
fn positions_by_model(matrix: Matrix) -> impl Iterator<Item = Range<i64>> {
    let cells = i64::from(matrix.versions) * i64::from(matrix.rows());
    (0..i64::from(matrix.models)).map(move |model| model * cells..(model + 1) * cells)
}

/// Reads the inputs of a run. A run that contradicts our rules must not stop the others.
async fn read_context(shared: &Arc<Shared>, run: RunRow) -> Result<Option<Arc<RunContext>>> {
    let id = run.id;
    match RunContext::read(&shared.around, run, shared.cancel_of(id)).await {
        Ok(context) => Ok(Some(Arc::new(context))),
        Err(error @ (Error::Json(_) | Error::Store(store::Error::Corrupt { .. }))) => {
            tracing::error!(run = %id, %error, "the run cannot be worked on: its inputs cannot be read");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
