//! `promptcards config`.

mod explain;

use std::io::Write;
use std::process::ExitCode;

use super::{Settings, environment};
use crate::config::{Config, FILE};

/// The example file, with every setting explained. A test holds it against the defaults.
const EXAMPLE: &str = include_str!("../example.toml");

/// What `config` does.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct ConfigArgs {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    settings: Settings,
    /// Print an example file instead
    #[arg(long)]
    example: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Say whether a server would start with the settings, without starting it
    #[command(after_help = "Examples:\n  promptcards config check\n  promptcards config check --config \
                            /etc/promptcards/promptcards.toml\n\nExit codes: 0 they can be used, 1 they cannot.")]
    Check {
        #[command(flatten)]
        settings: Settings,
    },
    /// Say what one setting means, what it is, and who says so
    #[command(
        after_help = "Examples:\n  promptcards config explain server.listen\n  promptcards config explain \
                            PROMPTCARDS_STORE__READERS"
    )]
    Explain {
        /// The setting with its section, or its variable
        #[arg(value_name = "KEY")]
        key: String,
        #[command(flatten)]
        settings: Settings,
    },
}

pub(super) fn run(args: ConfigArgs) -> anyhow::Result<ExitCode> {
    match args {
        ConfigArgs { action: Some(Action::Check { settings }), .. } => check(settings),
        ConfigArgs { action: Some(Action::Explain { key, settings }), .. } => {
            explain::explain(&key, &settings.into_flags(), &environment())
        }
        ConfigArgs { example: true, .. } => write(EXAMPLE),
        ConfigArgs { settings, .. } => write(&toml::to_string_pretty(&settings.load()?)?),
    }
}

fn check(settings: Settings) -> anyhow::Result<ExitCode> {
    let flags = settings.into_flags();
    Config::load(&flags, &environment())?;
    let from = Config::file(&flags).map_or_else(
        || format!("there is no file {FILE}; what the environment and the flags say"),
        |path| path.display().to_string(),
    );
    write(&format!("{from}: can be used\n"))
}

fn write(text: &str) -> anyhow::Result<ExitCode> {
    std::io::stdout().lock().write_all(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_file_says_the_defaults() {
        let uncommented: String = EXAMPLE
            .lines()
            .map(|line| line.strip_prefix("#= ").unwrap_or(line))
            .fold(String::new(), |text, line| text + line + "\n");
        let example: Config = toml::from_str(&uncommented).unwrap();
        assert_eq!(example, Config::default());
        let keys = toml::Table::try_from(Config::default()).unwrap();
        for section in
            ["server", "log", "store", "retention", "auth", "limits", "cache", "audit", "backup", "outbound"]
        {
            for key in keys[section].as_table().unwrap().keys() {
                assert!(
                    EXAMPLE.contains(&format!("{key} =")),
                    "the example does not mention {section}.{key}"
                );
            }
        }
    }
}
