//! The store, from outside: on a file, and on a server where `TEST_POSTGRES_URL` names one. What is only of a file
//! (`damage`, `disks`, `files`, `opening`, `refusals`) or only of a server (`server`) says so, as does what compares both.
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may panic, and says when it did not run"
)]

mod closing;
mod damage;
mod disks;
mod files;
mod health;
mod notes;
mod opening;
mod parity;
mod reads;
mod refusals;
mod schema;
mod server;
mod values;
mod writes;
