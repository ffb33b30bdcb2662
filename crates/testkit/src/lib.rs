//! What tests need: a server as it is in production, in this process or in one that may be killed, and a
//! person who talks to it over HTTP.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "a test that cannot be set up fails"
)]

mod accounts;
mod actor;
mod database;
mod events;
mod history;
mod limits;
mod postgres_server;
mod process;
mod program;
mod random;
mod redis_server;
mod server;
mod wire;

use std::path::Path;
use std::sync::Arc;

use domain::clock::Clock;
use engine::secrets::Sealer;
use store::Store;

pub use accounts::{ADMIN, PASSWORD, api_key_at, sign_in, sign_in_at};
pub use actor::{Actor, Answer};
pub use database::TestDatabase;
pub use events::{Event, Events};
pub use history::{CountedIds, History, PastRun, finished};
pub use limits::{cache, limits, plenty, plenty_as_variables};
pub use postgres_server::{PostgresServer, Stop};
pub use process::ServerProcess;
pub use program::Program;
pub use random::Random;
pub use redis_server::RedisServer;
pub use server::TestServer;
pub use wire::{Cut, Wire};

/// Seals under a master key in this folder, the same whenever an engine starts there again.
pub async fn sealer(folder: &Path, store: &Store, clock: &Arc<dyn Clock>) -> Sealer {
    engine::secrets::unlock(store, clock, &folder.join("master.key")).await.unwrap().sealer
}

/// Says that a test did not run, because something outside is not there. The summary of `make test` counts it.
#[expect(clippy::print_stderr, reason = "the summary reads it there")]
pub fn not_run(test: &str, reason: &str) {
    eprintln!("not run: {test}: {reason}");
}

/// Shows what a server logged, beside the test that failed.
#[expect(clippy::print_stderr, reason = "a test that fails says what it knows")]
fn show(log: &str) {
    eprintln!("{log}");
}
