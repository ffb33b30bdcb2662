//! The composition root: settings, and the application that they make, for the binary and for tests.

mod app;
pub mod commands;
mod config;
mod system;
mod telemetry;

pub use app::{App, StartError};
pub use config::{Config, ConfigError, Environment, Flags, LogFormat, LogSettings, ServerSettings};
pub use system::{SystemClock, SystemIds, install_cryptography};
