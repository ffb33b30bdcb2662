//! What tests need: a server as it is in production, in this process or in one that may be killed, and a
//! person who talks to it over HTTP.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test that cannot be set up fails"
)]

mod actor;
mod database;
mod events;
mod history;
mod process;
mod server;

pub use actor::{Actor, Answer};
pub use database::TestDatabase;
pub use events::{Event, Events};
pub use history::{CountedIds, History, PastRun, finished};
pub use process::ServerProcess;
pub use server::TestServer;

/// Says that a test did not run, because something outside is not there. The summary of `make test` counts it.
#[expect(clippy::print_stderr, reason = "the summary reads it there")]
pub fn not_run(test: &str, reason: &str) {
    eprintln!("not run: {test}: {reason}");
}
