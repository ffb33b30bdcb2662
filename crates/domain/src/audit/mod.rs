//! The audit log: what is written down of a change, and the chain that shows whether it was altered since.
//!
//! To write down something new, name it in [`Action`].

mod action;
mod chain;
mod entry;
mod record;

pub use action::Action;
pub use chain::{Chain, Fault, Flaw};
pub use entry::{ActorKind, Entry, Outcome};
pub use record::{Checkpoint, NO_HASH, Record};
