//! The health of everything that the server depends on: what is down, since when, what that costs, what to do.
//!
//! What depends on what stands in `resilience::dependency`. A check never asks a model, and takes a second at most.

mod backups;
mod breakers;
mod checks;
mod history;
mod kept;
mod report;

pub use breakers::{BreakerChange, BreakerReason, BreakerView};
pub use history::Gap;
pub(crate) use report::Monitor;
pub use report::{Check, Health, HealthEvent, PartHealth};
