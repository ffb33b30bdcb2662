//! The store, from outside, on real files.
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may panic, and says when it did not run"
)]

mod closing;
mod disks;
mod files;
mod notes;
mod opening;
mod parity;
mod reads;
mod refusals;
mod schema;
mod server;
mod values;
mod writes;
