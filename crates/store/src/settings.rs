//! The settings of the section `store`.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Where the database is, and how much work it accepts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StoreSettings {
    /// The file of the database. Its folder must exist; its lock, its log and the copies made before a
    /// migration lie beside it.
    pub path: PathBuf,
    /// Threads that read, 1 to 64. One more writes.
    pub readers: usize,
    /// Reads that may wait for a thread, at least 1. Further ones are refused.
    pub read_queue: usize,
    /// Writes that may wait for the writer, at least 1. Further ones are refused.
    pub write_queue: usize,
    /// How long a write waits for another program that holds the database before it is tried three times
    /// more within a second, in milliseconds, up to 60,000.
    pub busy_timeout_ms: u64,
    /// Page cache of each thread, in KiB, at least 32.
    pub cache_kib: u32,
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self {
            path: PathBuf::from("promptcards.db"),
            readers: 9,
            read_queue: 2_048,
            write_queue: 2_048,
            busy_timeout_ms: 5_000,
            cache_kib: 16_384,
        }
    }
}

impl StoreSettings {
    /// Refuses what cannot work, with the name of the setting.
    pub fn validate(&self) -> Result<()> {
        let checks = [
            ("readers", self.readers as u64, 1, 64, "from 1 to 64"),
            ("read_queue", self.read_queue as u64, 1, 1 << 20, "from 1 to 1048576"),
            ("write_queue", self.write_queue as u64, 1, 1 << 20, "from 1 to 1048576"),
            ("busy_timeout_ms", self.busy_timeout_ms, 0, 60_000, "at most 60000"),
            ("cache_kib", u64::from(self.cache_kib), 32, 1 << 22, "from 32 to 4194304"),
        ];
        for (setting, value, least, most, wanted) in checks {
            if !(least..=most).contains(&value) {
                return Err(Error::Setting { setting, value: value.to_string(), wanted });
            }
        }
        if self.path.file_name().is_none() {
            let value = format!("`{}`", self.path.display());
            return Err(Error::Setting { setting: "path", value, wanted: "the path of a file" });
        }
        Ok(())
    }

    pub(crate) fn busy_timeout(&self) -> Duration {
        Duration::from_millis(self.busy_timeout_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid() {
        assert_eq!(StoreSettings::default().validate(), Ok(()));
    }

    #[test]
    fn a_wrong_setting_is_named() {
        let wrong = StoreSettings { readers: 0, ..StoreSettings::default() };
        assert_eq!(wrong.validate().unwrap_err().to_string(), "store.readers is 0; it must be from 1 to 64");
        let nowhere = StoreSettings { path: PathBuf::from("/"), ..StoreSettings::default() };
        assert!(matches!(nowhere.validate(), Err(Error::Setting { setting: "path", .. })));
    }
}
