//! `promptcards audit`: the audit log of a database without a server.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use domain::clock::Clock;
use engine::audit::{Anchor, Verified, export_log, verify_log};
use store::Store;

use crate::config::Config;
use crate::system::SystemClock;

/// How long the database may take to close.
const LIMIT: Duration = Duration::from_secs(5);
/// The exit code of a log that was altered.
const ALTERED: u8 = 6;

/// What to do with the audit log.
#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// See whether the audit log is what was written, line by line
    #[command(after_help = "Examples:\n  promptcards audit verify\n  promptcards audit verify --data-dir \
                            ./backup\n  promptcards audit verify --line 4711:9f86d081884c7d65…\n\nThe server of a \
                            file must be stopped; one that runs verifies itself: POST /api/v1/audit/verify. Without \
                            the master key, the signatures of checkpoints are verified by the key that stands in the \
                            database.\n\nExit codes: 0 sound, 1 not verified, 5 a server has the database, 6 \
                            altered: the first line that is not what was written is named.")]
    Verify(VerifyArgs),
    /// Write the audit log as JSON, one line each, oldest first
    #[command(
        after_help = "Examples:\n  promptcards audit export > audit.jsonl\n  promptcards audit export -o \
                            audit.jsonl\n\nThat it was exported is itself the last line.\n\nExit codes: 0 written, 1 \
                            not written, 5 a server has the database."
    )]
    Export(ExportArgs),
}

#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// A line that was kept elsewhere, as in the server's log or an earlier answer: its number, a colon and its hash
    #[arg(long, value_name = "NUMBER:HASH")]
    line: Option<Line>,
    #[command(flatten)]
    settings: super::Settings,
}

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// Where to [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    settings: super::Settings,
}

#[derive(Debug, Clone)]
struct Line(Anchor);

impl FromStr for Line {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once(':').filter(|(_, hash)| hash.len() == 64 && hex::decode(hash).is_ok());
        let seq = parts.and_then(|(seq, _)| seq.parse().ok());
        match (seq, parts) {
            (Some(seq), Some((_, hash))) => Ok(Self(Anchor { seq, hash: hash.to_ascii_lowercase() })),
            _ => Err("it must be a number, a colon and 64 hexadecimal digits".to_owned()),
        }
    }
}

pub(super) fn run(command: AuditCommand) -> anyhow::Result<ExitCode> {
    match command {
        AuditCommand::Verify(VerifyArgs { line, settings }) => verify(&settings.load()?, line),
        AuditCommand::Export(ExportArgs { output, settings }) => export(&settings.load()?, output.as_deref()),
    }
}

#[expect(clippy::print_stdout, reason = "what was found is what was asked for")]
fn verify(config: &Config, line: Option<Line>) -> anyhow::Result<ExitCode> {
    let verified = super::runtime()?.block_on(async {
        let store = super::database(config).await?;
        let verified = verify_in(config, &store, line).await;
        store.close(LIMIT).await?;
        verified
    })?;
    let Verified { first, last, hash, checkpoints, fault } = verified;
    if let Some(fault) = fault {
        println!("The audit log was altered. First {fault}.");
        return Ok(ExitCode::from(ALTERED));
    }
    println!("The audit log is sound: lines {first} to {last}, past {checkpoints} signed checkpoints.");
    println!("The last line is {last}:{hash}");
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::print_stderr, reason = "a command speaks to the person who typed it")]
async fn verify_in(config: &Config, store: &Store, line: Option<Line>) -> anyhow::Result<Verified> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let file = config.secrets.master_key_file(&config.server.data_dir)?;
    let sealer = if file.exists() {
        Some(engine::secrets::unlock(store, &clock, &file).await?.sealer)
    } else {
        eprintln!(
            "There is no master key at {}: signatures are verified by the key that stands in the database.",
            file.display()
        );
        None
    };
    Ok(verify_log(store, sealer.as_ref(), line.map(|line| line.0)).await?)
}

fn export(config: &Config, output: Option<&Path>) -> anyhow::Result<ExitCode> {
    let mut out: Box<dyn Write> = match output {
        None => Box::new(std::io::stdout().lock()),
        Some(path) => {
            Box::new(File::create(path).with_context(|| format!("{} cannot be written", path.display()))?)
        }
    };
    super::runtime()?.block_on(async {
        let store = super::database(config).await?;
        let mut export = export_log(&store, &SystemClock).await?;
        while let Some(lines) = export.next().await? {
            out.write_all(lines.as_bytes())?;
        }
        out.flush()?;
        store.close(LIMIT).await?;
        Ok(ExitCode::SUCCESS)
    })
}
