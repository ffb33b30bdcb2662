//! `promptcards copy`: everything of one database into another.

use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;

use anyhow::Context as _;
use clap::Args;
use domain::clock::Clock;
use store::copy::{Compared, CopyError, Phase, Progress};
use store::{DatabaseUrl, StoreSettings};

use crate::config::DATABASE;
use crate::report::terminal;
use crate::system::SystemClock;

/// The flags of `copy`.
#[derive(Debug, Args)]
pub(super) struct CopyArgs {
    #[arg(
        long,
        value_name = "DATABASE",
        env = "PROMPTCARDS_COPY__FROM",
        hide_env_values = true,
        help = "What is copied: a data folder, its file, or postgres://user:password@host/name"
    )]
    from: Database,
    #[arg(
        long,
        value_name = "DATABASE",
        env = "PROMPTCARDS_COPY__TO",
        hide_env_values = true,
        help = "Where to: a new one, an empty one, or one that the same copy was begun into"
    )]
    to: Database,
}

/// A database as it is named on the command line.
#[derive(Debug, Clone, PartialEq)]
enum Database {
    File(PathBuf),
    Server(DatabaseUrl),
}

impl FromStr for Database {
    type Err = String;

    /// `postgres://…` is a server's; `sqlite:PATH` and a plain path are a file, or the folder that `--data-dir` of
    /// `serve` names.
    fn from_str(text: &str) -> Result<Self, String> {
        if let Some((scheme, _)) = text.split_once("://")
            && scheme != "sqlite"
        {
            return text.parse().map(Self::Server);
        }
        let path = text.strip_prefix("sqlite:").unwrap_or(text);
        let path = Path::new(path.strip_prefix("//").filter(|_| path.len() < text.len()).unwrap_or(path));
        if path.as_os_str().is_empty() {
            return Err("it names no folder and no file".to_owned());
        }
        let is_file = path.is_file() || !path.is_dir() && path.extension().is_some_and(|end| end == "db");
        Ok(Self::File(if is_file { path.to_owned() } else { path.join(DATABASE) }))
    }
}

impl fmt::Display for Database {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(formatter),
            Self::Server(url) => url.fmt(formatter),
        }
    }
}

impl Database {
    fn settings(&self) -> StoreSettings {
        match self {
            Self::File(path) => StoreSettings { path: path.clone(), ..StoreSettings::default() },
            Self::Server(url) => {
                StoreSettings { database_url: Some(url.clone()), ..StoreSettings::default() }
            }
        }
    }
}

pub(super) fn run(args: &CopyArgs) -> anyhow::Result<ExitCode> {
    crate::install_cryptography();
    if let Database::File(path) = &args.to
        && let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty())
    {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("the folder {} cannot be made", folder.display()))?;
    }
    let mut said = Said { in_place: terminal::has_live_line(), last: None };
    let done =
        store::copy::copy(&args.from.settings(), &args.to.settings(), SystemClock.now(), &mut |progress| {
            said.say(progress);
        });
    said.end();
    print(args, &done?)?;
    Ok(ExitCode::SUCCESS)
}

/// The tables, with what shows that both are the same.
fn print(args: &CopyArgs, tables: &[Compared]) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{:<18} {:>12}  sha-256 of the rows, the same in both", "table", "rows")?;
    for table in tables {
        writeln!(out, "{:<18} {:>12}  {}", table.table, table.rows, table.hash)?;
    }
    writeln!(out, "{} is equal to {}.", args.to, args.from)?;
    Ok(())
}

/// The exit code of a copy that was not made: as those of `serve`, and 6 where the two differ.
pub(super) fn exit_code(error: &CopyError) -> u8 {
    match error {
        CopyError::Unusable { error, .. } => crate::app::exit_code_of(error),
        CopyError::Different { .. } => 6,
        _ => 1,
    }
}

/// What was said of the progress: on a terminal one line that is written over, elsewhere a line for each tenth of a
/// table.
struct Said {
    in_place: bool,
    last: Option<(Phase, &'static str, u64)>,
}

impl Said {
    fn say(&mut self, progress: Progress) {
        let Progress { phase, table, rows, of } = progress;
        let what = match phase {
            Phase::Copying => "copying",
            Phase::Comparing => "comparing",
        };
        let line = format!("{what} {table}: {rows} of {of} rows");
        if self.in_place {
            return terminal::write_over(&line);
        }
        let tenth = (rows * 10).checked_div(of).unwrap_or(10);
        if self.last != Some((phase, table, tenth)) {
            terminal::say(&line);
            self.last = Some((phase, table, tenth));
        }
    }

    fn end(&self) {
        if self.in_place {
            terminal::wipe();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> PathBuf {
        match text.parse().unwrap() {
            Database::File(path) => path,
            Database::Server(url) => unreachable!("{url}"),
        }
    }

    #[test]
    fn a_database_is_named_as_serve_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let odd = folder.path().join("cards.sqlite3");
        std::fs::write(&odd, "").unwrap();
        std::fs::create_dir(folder.path().join("data.db")).unwrap();
        let inside = |name: &str| folder.path().join(name).display().to_string();
        assert_eq!(file(&inside("new")), folder.path().join("new/promptcards.db"));
        assert_eq!(file(&inside("new.db")), folder.path().join("new.db"));
        assert_eq!(file(&inside("cards.sqlite3")), odd);
        assert_eq!(file(&inside("data.db")), folder.path().join("data.db/promptcards.db"));
        assert_eq!(file("sqlite:data/x.db"), PathBuf::from("data/x.db"));
        assert_eq!(file("sqlite:///var/x.db"), PathBuf::from("/var/x.db"));
        assert_eq!(file("./data"), PathBuf::from("./data/promptcards.db"));
        let server: Database = "postgres://me:secret@localhost/cards".parse().unwrap();
        assert_eq!(server.to_string(), "postgres://me:***@localhost/cards");
        for wrong in ["", "sqlite:", "mysql://me@localhost/cards", "postgres://"] {
            assert!(wrong.parse::<Database>().is_err(), "{wrong}");
        }
    }
}
