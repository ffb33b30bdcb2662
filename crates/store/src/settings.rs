//! The settings of the section `store`.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{DatabaseUrl, Error, Result};

/// Where the database is, and how much work it accepts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StoreSettings {
    /// The URL of a `PostgreSQL` database, such as `postgres://user:password@host/name?sslmode=verify-full`, whose
    /// certificates `sslrootcert` may name. Without it, the database is a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database_url: Option<DatabaseUrl>,
    /// Connections to `PostgreSQL`, 4 to 64: two write, one hears of other instances, the others read.
    pub postgres_connections: usize,
    /// How long one statement of `PostgreSQL` may take, in milliseconds, 100 to 600,000. Then its connection is
    /// given up.
    pub database_timeout_ms: u64,
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
            database_url: None,
            postgres_connections: 11,
            database_timeout_ms: 10_000,
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
            ("postgres_connections", self.postgres_connections as u64, 4, 64, "from 4 to 64"),
            ("database_timeout_ms", self.database_timeout_ms, 100, 600_000, "from 100 to 600000"),
            ("readers", self.readers as u64, 1, 64, "from 1 to 64"),
            ("read_queue", self.read_queue as u64, 1, 1 << 20, "from 1 to 1048576"),
            ("write_queue", self.write_queue as u64, 1, 1 << 20, "from 1 to 1048576"),
            ("busy_timeout_ms", self.busy_timeout_ms, 0, 60_000, "at most 60000"),
            ("cache_kib", u64::from(self.cache_kib), 32, 1 << 22, "from 32 to 4194304"),
        ];
        for (setting, value, least, most, wanted) in checks {
            if !(least..=most).contains(&value) {
                return Err(Error::Setting { setting, value: value.to_string(), wanted: wanted.to_owned() });
            }
        }
        if self.path.file_name().is_none() {
            let value = format!("`{}`", self.path.display());
            return Err(Error::Setting { setting: "path", value, wanted: "the path of a file".to_owned() });
        }
        Ok(())
    }

    pub(crate) fn database_timeout(&self) -> Duration {
        Duration::from_millis(self.database_timeout_ms)
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
