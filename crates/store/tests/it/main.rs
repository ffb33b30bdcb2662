//! The store, from outside, on real files.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod notes;
mod writes;
