//! `promptcards config`.

use std::io::Write;
use std::process::ExitCode;

use crate::config::Config;

/// The example file, with every setting explained. A test holds it against the defaults.
const EXAMPLE: &str = include_str!("example.toml");

pub(super) fn print(config: &Config) -> anyhow::Result<ExitCode> {
    write(&toml::to_string_pretty(config)?)
}

pub(super) fn example() -> anyhow::Result<ExitCode> {
    write(EXAMPLE)
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
