//! `--watch`: the same again whenever a file of it changes.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use formats::results::for_terminal;
use tokio::time::sleep;

use super::args::EvalArgs;
use super::config::{self, Environment};
use super::interrupt::Interrupt;
use crate::report::terminal::say;

/// How often files are looked at: also where the system tells nobody of changes, as in a container.
const PAUSE: Duration = Duration::from_millis(300);

/// Evaluates until the person has enough. What cannot be run is told, and waits for a change too.
pub(super) async fn run(
    config: Option<&str>,
    args: &EvalArgs,
    environment: &Environment,
    interrupt: &Interrupt,
) -> anyhow::Result<ExitCode> {
    loop {
        let files = config::files(config, args)?;
        let states = |paths: &[PathBuf]| paths.iter().map(state).collect::<Vec<_>>();
        if let Err(error) = super::once(config, &files, args, environment, interrupt).await {
            say(&for_terminal(&format!("promptcards: {error:#}")));
        }
        let mut seen = files.seen();
        seen.extend(config.map(PathBuf::from));
        let before = states(&seen);
        if interrupt.code().is_none() {
            say("Waiting for a change; Ctrl-C ends.");
        }
        loop {
            tokio::select! {
                () = sleep(PAUSE) => {}
                () = interrupt.token().cancelled() => {}
            }
            if let Some(code) = interrupt.code() {
                return Ok(ExitCode::from(code));
            }
            if states(&seen) != before {
                break;
            }
        }
    }
}

/// What changes when a file does.
fn state(path: &PathBuf) -> Option<(SystemTime, u64)> {
    let found = fs::metadata(path).ok()?;
    Some((found.modified().ok()?, found.len()))
}
