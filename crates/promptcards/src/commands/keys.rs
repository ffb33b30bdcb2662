//! `promptcards keys`: the keys that the server has for itself.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Subcommand;
use domain::clock::Clock;
use engine::backups::Identity;
use secrecy::ExposeSecret;

use super::people::with_people;
use crate::config::Config;
use crate::report::terminal::print;
use crate::system::SystemClock;

/// How long the database may take to close.
const LIMIT: Duration = Duration::from_secs(5);

/// What to do with the server's keys.
#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// Draw a new master key, seal the keys of the database under it, and put it into its file
    #[command(
        after_help = "Examples:\n  promptcards keys rewrap\n  promptcards keys rewrap --data-dir ./data\n\n\
                            Stop the server of a file first; servers on PostgreSQL may run, if all read the same file of the \
                            master key or are given it before they are started again. The master key from before is \
                            kept beside it, because older copies of the database need it: remove it when there are \
                            none. Killed in the middle, it is finished or undone by the next start.\n\nExit codes: 0 done, 1 not done, 5 a \
                            server has the database."
    )]
    Rewrap {
        #[command(flatten)]
        settings: super::Settings,
    },
    /// Make a pair of keys for backups: the public one seals them, the private one opens them
    #[command(
        after_help = "Example:\n  promptcards keys backup-pair --out backup.key\n\nThe pair is one of age: `age-keygen` \
                      makes the same kind.\n\nExit codes: 0 made, 1 not made: the file is there already, or cannot be \
                      written."
    )]
    BackupPair {
        /// The file for the private key, which must not be there
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Sign access tokens with the next key from now on, as happens by itself every 30 days; nobody is signed out
    #[command(
        after_help = "Example:\n  promptcards keys rotate\n\nExit codes: 0 done, 1 not done, 5 a server has the database."
    )]
    Rotate {
        #[command(flatten)]
        settings: super::Settings,
    },
}

fn backup_pair(out: &Path) -> anyhow::Result<ExitCode> {
    let identity = Identity::draw()?;
    let recipient = identity.recipient();
    let text = format!(
        "# The private key of backups. Keep it off the server.\n# public key: {recipient}\n{}\n",
        identity.text().expose_secret()
    );
    let mut options = std::fs::File::options();
    let written = (options.write(true).create_new(true).mode(0o600).open(out))
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()));
    written.with_context(|| format!("{} cannot be written; there is no pair", out.display()))?;
    print(&format!(
        "The private key is in {}. Take it off this machine and keep two copies: without it nobody opens a backup.\n\
         The public key, for backup.recipients:\n{recipient}\n",
        out.display()
    ))?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn run(command: KeysCommand) -> anyhow::Result<ExitCode> {
    match command {
        KeysCommand::Rewrap { settings } => rewrap(&settings.load()?),
        KeysCommand::BackupPair { out } => backup_pair(&out),
        KeysCommand::Rotate { settings } => {
            with_people(&settings.load()?, async |people| Ok(people.rotate_signing_keys().await?))?;
            print("Access tokens are signed with another key from now on.\n")?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

#[expect(clippy::print_stdout, reason = "where the keys are is what was asked for")]
fn rewrap(config: &Config) -> anyhow::Result<ExitCode> {
    super::runtime()?.block_on(async {
        let file = config.secrets.master_key_file(&config.server.data_dir)?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let store = super::database(config).await?;
        let done = engine::secrets::rewrap(&store, &clock, &file).await;
        store.close(LIMIT).await?;
        let done = done?;
        println!("{} keys are sealed under a new master key, which is in {}.", done.keys, file.display());
        println!("Keep a copy of it apart from the data, in place of the one that you have.");
        if let Some(before) = done.before {
            println!(
                "The one before is kept as {}: copies of the database that were made until now need it.",
                before.display()
            );
        }
        Ok(ExitCode::SUCCESS)
    })
}
