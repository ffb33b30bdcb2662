//! The HTTP door from outside: real sockets, raw bytes.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod bodies;
mod cards;
mod cases;
mod conditions;
mod creating;
mod databases;
mod docs;
mod document;
mod door;
mod edits;
mod events;
mod following;
mod importing;
mod models;
mod page;
mod pages;
mod product;
mod queries;
mod races;
mod rate_limits;
mod raw;
mod removing;
mod routes;
mod running;
mod runs;
mod server;
mod shutdown;
mod slow;
mod stream;
mod transfer;
mod versions;
mod waiting;
