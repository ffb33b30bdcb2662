//! Runs: started, controlled, read and followed.

pub(crate) mod cancel;
pub(crate) mod cases;
pub(crate) mod cell;
pub(crate) mod cells;
pub(crate) mod delete;
pub(crate) mod estimate;
pub(crate) mod events;
pub(crate) mod get;
pub(crate) mod keep;
pub(crate) mod list;
pub(crate) mod pause;
pub(crate) mod results;
pub(crate) mod resume;
pub(crate) mod retry;
pub(crate) mod rows;
pub(crate) mod start;
pub(crate) mod unkeep;
pub(crate) mod waits;
