//! Runs: started, worked off, watched, paused, cancelled, and never lost.

mod cache;
mod cell;
mod cell_view;
mod context;
mod control;
mod estimate;
mod finish;
mod follow;
mod parking;
mod plan;
mod queries;
mod recover;
mod removal;
mod results;
mod rows;
mod settings;
mod start;
#[cfg(test)]
mod tests;
mod view;
mod waits;
mod windows;
mod worker;

pub use cell_view::{AttemptView, CaseView, CellSummary, CellView, EarlierRun, ResultView};
pub use estimate::{Estimate, EstimateProblem, RunningRun};
pub use follow::Follower;
pub use queries::{CellQuery, CellWindow, RunListQuery};
pub(crate) use queries::{read_cell, row as find_run};
pub(crate) use recover::recover;
pub use results::CellReport;
pub use rows::RowFilter;
pub use settings::{RunsSettings, WrongRuns};
pub use start::Started;
pub(crate) use view::read as read_run;
pub use view::{Column, MetricView, ModelView, Rows, Run, RunCard, RunEvent};
pub(crate) use waits::Waits;
pub use waits::{ProviderWait, ProviderWaits};
pub(crate) use windows::{read_cases, read_window};
pub(crate) use worker::{CALLS_AT_ONCE, Surroundings, Worker};
