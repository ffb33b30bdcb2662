//! `promptcards restore`: a backup in the place of the database, or a look whether that would work.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use domain::clock::{Clock, Timestamp};
use engine::backups::{self, BackupError, Checked, Identity};

use crate::config::Config;
use crate::report::terminal::{print, say};
use crate::system::SystemClock;

/// The exit code of a backup whose audit log was altered.
const ALTERED: u8 = 6;

/// The flags of `restore`.
#[derive(Debug, Args)]
pub(super) struct RestoreArgs {
    /// The backup, or a folder of which the newest is taken [default, for a drill: backup.folder of the settings]
    #[arg(required_unless_present = "drill")]
    file: Option<PathBuf>,
    #[arg(
        long,
        value_name = "FILE",
        help = "The file of the private key [default: backup.identity_file of the settings]"
    )]
    identity: Option<PathBuf>,
    /// Only look whether it can be restored
    #[arg(long)]
    verify: bool,
    /// Restore it into a temporary folder and open it there as a server would, which brings it to this schema
    #[arg(long, conflicts_with_all = ["verify", "replace"])]
    drill: bool,
    /// Put a database that is there aside, under a name with the time in it
    #[arg(long, conflicts_with = "verify")]
    replace: bool,
    #[command(flatten)]
    settings: super::Settings,
}

pub(super) const EXAMPLES: &str = "Examples:\n  promptcards restore /mnt/backups --verify --identity backup.key\n  \
     promptcards restore /mnt/backups/promptcards-20260102T030405.600Z.tar.zst.age --identity backup.key --data-dir \
     ./data\n  promptcards restore /mnt/backups --identity backup.key --data-dir ./data --replace\n  promptcards restore \
     --drill\n\nStop the server first. What is restored is checked before it is put in place: each byte, the database, \
     its rows, its audit log. Killed in the middle, it leaves the database from before, or the next start puts the \
     restored one in place. A plain copy of a database, such as promptcards.db.before-0008.bak, is restored the same \
     way. To restore into PostgreSQL: restore into a new folder, then promptcards copy --from it.\n\n--verify and \
     --drill unpack into the folder for temporary files (TMPDIR), which needs room for the database, and leave nothing \
     there.\n\nExit codes: 0 restored or sound, 1 not, 3 it is not ours, 4 it is newer than this program, 5 a server \
     has the database, 6 the audit log in it was altered.";

pub(super) fn run(args: &RestoreArgs) -> anyhow::Result<ExitCode> {
    crate::install_cryptography();
    let settings = args.settings.clone();
    let config = settings.load()?;
    let file = file(args, &config)?;
    let keys = args.identity.as_deref().or(config.backup.identity_file.as_deref());
    let keys = keys.map(backups::identities).transpose()?;
    if args.verify || args.drill {
        look(&file, keys.as_deref(), args.drill)
    } else {
        restore(&file, keys.as_deref(), &config, args.replace)
    }
}

fn file(args: &RestoreArgs, config: &Config) -> anyhow::Result<PathBuf> {
    let Some(file) = args.file.clone().or_else(|| config.backup.folder.clone()) else {
        anyhow::bail!("name a backup, or set backup.folder");
    };
    Ok(if file.is_dir() { backups::newest(&file)?.path } else { file })
}

fn look(file: &Path, keys: Option<&[Identity]>, drill: bool) -> anyhow::Result<ExitCode> {
    let work = std::env::temp_dir();
    let checked = if drill {
        backups::drill(file, keys, &work, &|| true)?
    } else {
        backups::verify(file, keys, &work, &|| true)?
    };
    print(&format!("{} is sound: {}\n", file.display(), told(&checked)))?;
    Ok(ExitCode::SUCCESS)
}

fn restore(
    file: &Path,
    keys: Option<&[Identity]>,
    config: &Config,
    replace: bool,
) -> anyhow::Result<ExitCode> {
    if config.store.database_url.is_some() {
        anyhow::bail!(
            "a backup is restored into a file; nothing was changed, restore into a new folder without \
             store.database_url, and type: promptcards copy --from THAT-FOLDER --to postgres://…"
        );
    }
    crate::app::make_folder(&config.server.data_dir)?;
    let database = &config.store.path;
    let restored = backups::restore(file, keys, database, replace, Timestamp(SystemClock.now()))?;
    print(&format!("{} is restored: {}\n", database.display(), told(&restored.checked)))?;
    if let Some(replaced) = &restored.replaced {
        print(&format!("The database from before is kept as {}.\n", replaced.display()))?;
    }
    if let Some(fault) = &restored.checked.altered {
        say(&format!("The audit log in it was altered before the backup was made. First {fault}."));
    }
    let key = config.secrets.master_key_file(&config.server.data_dir)?;
    let needed = restored.checked.content.master_key.as_deref();
    if needed.is_some_and(|needed| !engine::secrets::is_in(&key, needed)) {
        print(&format!(
            "Put the copy of its master key at {}: without that one the server does not start.\n",
            key.display()
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn told(checked: &Checked) -> String {
    let rows: u64 = checked.content.tables.values().sum();
    let of = checked.manifest.as_ref().map_or_else(String::new, |manifest| format!("of {}, ", manifest.at));
    let audit = checked
        .content
        .audit
        .as_ref()
        .map_or_else(String::new, |line| format!(", its audit log ends with {}:{}", line.seq, line.hash));
    format!("{of}schema {}, {rows} rows{audit}.", checked.content.schema)
}

/// The exit code of a backup that was not made or not restored: as those of `serve`, and 6 where the audit log was
/// altered.
pub(super) fn exit_code(error: &BackupError) -> u8 {
    match error {
        BackupError::Store(error) => crate::app::exit_code_of(error),
        BackupError::Altered { .. } => ALTERED,
        _ => 1,
    }
}
