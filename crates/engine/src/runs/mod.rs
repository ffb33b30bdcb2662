//! Runs: started, worked off, watched, paused, cancelled, and never lost.

mod cache;
mod cell;
mod context;
mod control;
mod estimate;
mod finish;
mod follow;
mod plan;
mod queries;
mod recover;
mod removal;
mod results;
mod start;
#[cfg(test)]
mod tests;
mod view;
mod worker;

pub use estimate::{Estimate, EstimateProblem, RunningRun};
pub use follow::Follower;
pub use queries::{CellQuery, CellWindow, RowFilter, RunListQuery};
pub(crate) use recover::recover;
pub use results::CellReport;
pub use start::Started;
pub use view::{
    AttemptView, CaseView, CellSummary, CellView, Column, EarlierRun, ModelView, ResultView, Rows, Run,
    RunCard, RunEvent,
};
pub(crate) use worker::{Surroundings, Worker};
