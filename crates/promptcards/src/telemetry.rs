//! The log: to standard error, as text for people or as JSON for programs.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

use crate::config::{LogFormat, LogSettings};
use crate::report::terminal::wants_colours;

/// Begins to log. A second call, as tests make it, changes nothing.
pub fn begin(settings: &LogSettings) -> anyhow::Result<()> {
    let filter = EnvFilter::builder()
        .parse(&settings.level)
        .map_err(|error| anyhow::anyhow!("log.level is `{}`: {error}", settings.level))?;
    // Whoever keeps a log in a file looks for words in it, and not for colours.
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal() && wants_colours());
    let begun = match settings.format {
        LogFormat::Text => subscriber.compact().try_init(),
        LogFormat::Json => subscriber.json().try_init(),
    };
    if let Err(error) = begun {
        tracing::debug!(%error, "the log had begun already");
    }
    Ok(())
}
