//! The composition root: settings, and the application that they make, for the binary and for tests.

mod app;
pub mod commands;
mod config;
mod eval;
mod pulling;
mod remote;
mod report;
mod setup;
mod system;
mod telemetry;

/// A call of a model allocates and frees some hundred times, often on another thread than it frees on. Without huge
/// pages (`no_thp`): zeroing them took more than they gave, and a run of 15,000 cells held 113 MB for 85.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

pub use app::{App, StartError};
pub use config::{Config, ConfigError, Environment, Flags, LogFormat, LogSettings, ServerSettings};
pub use system::{SystemClock, SystemIds, install_cryptography};
pub use telemetry::begin as begin_log;
