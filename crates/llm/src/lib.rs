//! Model servers: one way to ask each of them, and what was learnt from the answer.
//!
//! [`Registry`] is built from settings and finds a provider by its name. A [`Guarded`] provider keeps the
//! time limits and the retries, and hands every attempt back to its caller; it has no say in how many calls
//! run at once.
//!
//! To add a kind of provider: a module that turns a [`ChatRequest`] into a `Completion` under a
//! [`Watch`](watch::Watch), a variant of [`Provider`] and of [`ProviderKind`], and the settings it needs.

mod backoff;
pub mod error;
pub mod facts;
pub mod guarded;
mod loaded;
pub mod ollama;
pub mod provider;
pub mod registry;
pub mod request;
pub mod settings;
pub mod simulated;
pub mod watch;

pub use error::{CallError, CallErrorKind, SettingsError};
pub use facts::{Attempt, Call, CallFacts, LoadedModel, ModelFacts};
pub use guarded::Guarded;
pub use ollama::address::OllamaAddress;
pub use provider::Provider;
pub use registry::Registry;
pub use request::ChatRequest;
pub use settings::{Latency, ProviderKind, ProviderSettings, ProvidersSettings, TimeLimits};
