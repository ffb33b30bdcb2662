//! `promptcards openapi`.

use std::io::Write;
use std::process::ExitCode;

pub(super) fn print() -> anyhow::Result<ExitCode> {
    let document = api::router::openapi()?;
    std::io::stdout().lock().write_all(document.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
