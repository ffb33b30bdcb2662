//! A model server that speaks the wire formats of Ollama and of `OpenAI`, and needs no model: for tests,
//! benchmarks and first steps.
//!
//! [`FakeOllama::start`] serves on a port of its own until it is dropped; [`run`] is the command
//! `promptcards fake-ollama`. Answers depend on the seed, the model and the prompt alone. Everything that can
//! be changed while it runs is a [`Change`], by [`FakeOllama::change`] or by `PATCH /control`, and everything
//! it counts is in [`Counters`], by [`FakeOllama::counters`] or by `GET /control`.
//!
//! A call takes this way: `server` accepts it, `routes` finds who answers, `call` reads it (`request`), asks
//! `state` for its place in the counters and for a fault, finds the text (`answer`), writes it as messages
//! (`wire`) and hands them over as the steps of a `body`. Vectors come from `embed` in the same way; `info` and
//! `library` answer what is asked of the models themselves.
//!
//! **To add an answer script**, add an entry to `SCRIPTS` in `answer/scripts.rs`: the words that call for it
//! and what it says. **To add a fault**, add a variant to [`Fault`] and its example to [`Fault::ALL`] in
//! `fault.rs`; bend the steps of an answer, or put another answer in its place, in `fault/bend.rs`; name
//! it in `docs/reference/fake-ollama.md`, and say in `docs/reference/faults.md` what Promptcards makes of it.

mod answer;
mod args;
mod body;
mod call;
mod clock;
mod control;
mod dice;
mod embed;
mod error;
mod fault;
mod info;
mod library;
mod model;
mod protocol;
mod request;
mod response;
mod routes;
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
