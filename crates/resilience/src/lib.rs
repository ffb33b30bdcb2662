//! What keeps the trouble of one part from becoming that of all: breakers, and the map of what depends on what.
//!
//! A part that may fail gets a [`Breaker`] where it is called. What it means for the others stands in [`dependency`]:
//! to add a dependency, give it a kind there and say who needs it.

mod breaker;
pub mod dependency;
mod settings;

pub use breaker::{Admission, Breaker, BreakerState, Change, Pass, Refusal, Snapshot};
pub use settings::{BreakerSettings, WrongBreaker};
