//! A model server that speaks Ollama's wire format and needs no model: for tests, benchmarks and first steps.
//!
//! [`FakeOllama::start`] serves on a port of its own until it is dropped; [`run`] is the command
//! `promptcards fake-ollama`. Answers depend on the seed, the model and the prompt alone. Everything that can
//! be changed while it runs is a [`Change`], by [`FakeOllama::change`] or by `PATCH /control`, and everything
//! it counts is in [`Counters`], by [`FakeOllama::counters`] or by `GET /control`.
//!
//! A call takes this way: `server` accepts it, `call` reads it (`request`), asks `state` for its place in the
//! counters and for a fault, finds the text (`answer`), writes it as lines (`wire`) and hands them over as the
//! steps of a `body`.
//!
//! **To add an answer script**, add an entry to `SCRIPTS` in `answer/scripts.rs`: the words that call for it
//! and what it says. **To add a fault**, add a variant to [`Fault`] in `fault.rs`; if it bends an answer, bend
//! the steps in `Fault::bend`, if it replaces the answer, answer in `Fault::replace`.

mod answer;
mod args;
mod body;
mod call;
mod clock;
mod control;
mod dice;
mod error;
mod fault;
mod info;
mod model;
mod request;
mod response;
mod server;
mod state;
mod tokens;
mod wire;

pub use args::{Args, run};
pub use control::{Change, Settings};
pub use error::Error;
pub use fault::{Fault, FaultOn};
pub use model::Model;
pub use server::{FakeOllama, Options};
pub use state::{Counters, ModelCounters};
