//! The HTTP door from outside: real sockets, raw bytes.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod bodies;
mod conditions;
mod docs;
mod door;
mod events;
mod page;
mod product;
mod queries;
mod raw;
mod routes;
mod server;
mod shutdown;
mod slow;
