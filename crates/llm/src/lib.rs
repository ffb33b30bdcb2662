//! Model servers: one way to ask each of them, and what was learnt from the answer.
//!
//! [`Registry`] is built from settings and finds a provider by its name. A [`Guarded`] provider keeps the
//! time limits and the retries, and hands every attempt back to its caller; it has no say in how many calls
//! run at once.
//!
//! To add a kind of provider: a module that turns a [`ChatRequest`] into a `Completion` under a
//! [`Watch`](watch::Watch), a variant of [`Provider`] and of [`ProviderKind`], and the settings it needs.

pub mod address;
pub mod answer;
mod backoff;
mod body;
pub mod doctor;
pub mod embedding;
pub mod error;
pub mod facts;
mod failure;
pub mod guarded;
mod json;
mod key;
mod lines;
mod loaded;
pub mod ollama;
pub mod openai;
pub mod outbound;
pub mod provider;
pub mod registry;
pub mod request;
mod retry_after;
#[cfg(feature = "scripted")]
pub mod scripted;
pub mod settings;
pub mod simulated;
pub mod watch;
mod wire;

pub use address::ServerAddress;
pub use embedding::Embeddings;
pub use error::{CallError, CallErrorKind, SettingsError};
pub use facts::{Attempt, Call, CallFacts, LoadedModel, ModelFacts, PullProgress, same_model};
pub use guarded::Guarded;
pub use key::GivenKey;
pub use outbound::{Endpoint, Names, Outbound, OutboundSettings};
pub use provider::Provider;
pub use registry::Registry;
pub use request::ChatRequest;
pub use settings::{Latency, ModelPrice, ProviderKind, ProviderSettings, ProvidersSettings, TimeLimits};
