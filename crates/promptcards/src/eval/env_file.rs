//! Variables of a `.env` in the working folder, or of the files that `--env-file` names: keys and addresses, mostly.
//! What the environment itself has goes before them, and no other program of this process's sees them.

use anyhow::{Context, bail};
use formats::Files;

use super::args::EvalArgs;
use super::config::Environment;
use super::files::DiskFiles;
use crate::report::terminal::say;

/// The file that is read where none is named, and which need not be there.
const DEFAULT: &str = ".env";
/// Largest file, in bytes.
const LIMIT: u64 = 1024 * 1024;
/// Variables that say where files of ours are written, which only the environment does.
const OF_THE_PERSON: [&str; 2] = ["HOME", "XDG_CACHE_HOME"];

/// The environment with what the files have beyond it. Of several files the later ones go before.
pub(super) fn with(process: &Environment, args: &EvalArgs, files: &DiskFiles) -> anyhow::Result<Environment> {
    let mut environment = Environment::new();
    for file in &args.env_file {
        let content =
            std::fs::read(file).with_context(|| format!("`{file}` of --env-file cannot be read"))?;
        if content.len() as u64 > LIMIT {
            bail!("`{file}` of --env-file is larger than {} MiB", LIMIT / 1024 / 1024);
        }
        read(&content, file, &mut environment);
    }
    // Like any file that is not typed, it is not followed by a link to elsewhere.
    if args.env_file.is_empty()
        && let Ok(content) = files.read(DEFAULT, LIMIT)
    {
        read(&content, DEFAULT, &mut environment);
    }
    environment.retain(|name, _| !OF_THE_PERSON.contains(&name.as_str()));
    environment.extend(process.iter().map(|(name, value)| (name.clone(), value.clone())));
    Ok(environment)
}

/// Adds what a file has. Lines that are none of `NAME=value` are counted and not shown: they may hold a key.
fn read(content: &[u8], file: &str, environment: &mut Environment) {
    let mut unread = 0;
    for line in dotenvy::from_read_iter(content) {
        match line {
            Ok((name, value)) => {
                environment.insert(name, value);
            }
            Err(_) => unread += 1,
        }
    }
    if unread > 0 {
        let lines = if unread == 1 { "line" } else { "lines" };
        say(&format!(
            "Note: {unread} {lines} of {file} cannot be read: a value with spaces or # needs quotes"
        ));
    }
}
