//! Which layer a setting comes from.

use std::fmt;
use std::path::{Path, PathBuf};

use super::{Config, ConfigError, Environment, FILE, Flags, PREFIX, read};

/// Who says what a setting is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A flag of the command line.
    Flag(&'static str),
    /// A variable of the environment.
    Variable(String),
    /// The configuration file.
    File(PathBuf),
    /// Nobody but the program.
    Default,
}

impl Origin {
    /// The variable that sets a key, such as `PROMPTCARDS_SERVER__LISTEN`.
    pub(crate) fn variable(section: &str, key: &str) -> String {
        format!("{PREFIX}{}__{}", section.to_uppercase(), key.to_uppercase())
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(formatter, "the flag {flag}"),
            Self::Variable(name) => write!(formatter, "the variable {name}"),
            Self::File(path) => write!(formatter, "the file {}", path.display()),
            Self::Default => formatter.write_str("nobody: it is the default"),
        }
    }
}

impl Config {
    /// Who says what a setting is, in the order in which one goes over the other.
    pub(crate) fn origin(
        flags: &Flags,
        environment: &Environment,
        section: &str,
        key: &str,
    ) -> Result<Origin, ConfigError> {
        let flag = match (section, key) {
            ("server", "listen") => flags.listen.map(|_| "--listen"),
            ("server", "data_dir") => flags.data_dir.as_ref().map(|_| "--data-dir"),
            ("store", "database_url") => flags.database_url.as_ref().map(|_| "--database-url"),
            _ => None,
        };
        if let Some(flag) = flag {
            return Ok(Origin::Flag(flag));
        }
        let wanted = Origin::variable(section, key);
        if let Some((name, _)) = environment.iter().find(|(name, _)| name.to_uppercase() == wanted) {
            return Ok(Origin::Variable(name.clone()));
        }
        let Some(file) = Self::file(flags) else { return Ok(Origin::Default) };
        let is_there = read(&file)?.get(section).and_then(|section| section.get(key)).is_some();
        Ok(if is_there { Origin::File(file) } else { Origin::Default })
    }

    /// The file that is read, if one is.
    pub(crate) fn file(flags: &Flags) -> Option<PathBuf> {
        let of_folder = || Path::new(FILE).exists().then(|| PathBuf::from(FILE));
        flags.config.clone().or_else(of_folder)
    }
}
