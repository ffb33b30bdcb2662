//! `promptcards backup`: the database as it is now, into a file, beside a server or without one.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use domain::clock::{Clock, Timestamp};
use engine::backups::{self, Made, Order, Recipient, WrongBackup};

use crate::config::Config;
use crate::report::terminal::print;
use crate::system::SystemClock;

/// The flags of `backup`.
#[derive(Debug, Args)]
pub(super) struct BackupArgs {
    /// The folder that it is written into, made if it is not there [default: backup.folder of the settings]
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    /// Who can open it: a public key of age; may be repeated [default: backup.recipients of the settings]
    #[arg(long, value_name = "age1…", conflicts_with = "unencrypted")]
    recipient: Vec<Recipient>,
    /// Do not encrypt it: whoever has it reads each prompt and each answer
    #[arg(long)]
    unencrypted: bool,
    #[command(flatten)]
    settings: super::Settings,
}

pub(super) const EXAMPLES: &str = "Examples:\n  promptcards keys backup-pair --out ~/backup.key\n  promptcards backup \
     --to /mnt/backups --recipient age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p\n  promptcards \
     backup\n\nThe server may run: what was acknowledged before is in the backup, and nobody waits for it. Type it as \
     the user that the server runs as. The master key is not in it: keep a copy of that elsewhere. A server makes \
     backups by itself where the settings name a folder; those are in its audit log, what is typed here is not.\n\n\
     Without this program: age -d -i backup.key FILE | zstd -d | tar -x\n\nExit codes: 0 made, 1 not made, 3 the \
     database is damaged or not ours, 4 it is newer than this program.";

pub(super) fn run(args: BackupArgs) -> anyhow::Result<ExitCode> {
    let BackupArgs { to, recipient, unencrypted, settings } = args;
    let config = settings.load()?;
    crate::install_cryptography();
    let order = order(&config, to, recipient, unencrypted)?;
    let made = backups::make(&order, &|| true)?;
    say(&made)?;
    let settings = &config.backup;
    if settings.folder.as_deref().is_some_and(|folder| backups::is_same_folder(folder, &order.folder)) {
        backups::remove_old(settings, order.at.0)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn order(
    config: &Config,
    to: Option<PathBuf>,
    recipient: Vec<Recipient>,
    unencrypted: bool,
) -> anyhow::Result<Order> {
    let Some(folder) = to.or_else(|| config.backup.folder.clone()) else {
        anyhow::bail!("say where to with --to, or set backup.folder; nothing was backed up");
    };
    if let Some((scheme, _)) = folder.to_str().and_then(|text| text.split_once("://")) {
        anyhow::bail!(
            "backups are written into folders, and {scheme}:// is none; nothing was backed up, mount it, or copy the \
             folder there, as with rclone"
        );
    }
    let recipients = match (unencrypted, recipient.is_empty()) {
        (true, _) => Vec::new(),
        (false, false) => recipient,
        (false, true) => config.backup.recipients.clone(),
    };
    if recipients.is_empty() && !unencrypted && !config.backup.unencrypted {
        return Err(WrongBackup::NoRecipients.into());
    }
    if config.store.database_url.is_none() && !config.store.path.exists() {
        anyhow::bail!("there is no database at {}", config.store.path.display());
    }
    Ok(Order {
        database: config.store.clone(),
        work: config.work_folder(),
        folder,
        recipients,
        program: env!("CARGO_PKG_VERSION"),
        at: Timestamp(SystemClock.now()),
    })
}

fn say(made: &Made) -> anyhow::Result<()> {
    let rows: u64 = made.manifest.tables.values().sum();
    let how = if made.manifest.file.as_ref().is_some_and(|file| file.encrypted) {
        "encrypted"
    } else {
        "NOT encrypted: whoever has it reads each prompt"
    };
    print(&format!(
        "{}\nOf {}, schema {}, {rows} rows, {} bytes of {}, {how}.\n",
        made.path.display(),
        made.manifest.at,
        made.manifest.schema,
        made.bytes,
        made.manifest.bytes
    ))?;
    Ok(())
}
