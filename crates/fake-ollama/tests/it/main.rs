//! The server as a client sees it: over real connections, with the HTTP client that the product uses.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod answers;
mod client;
mod clients;
mod counting;
mod embed;
mod faults;
mod leaks;
mod library;
mod openai;
mod wire;
