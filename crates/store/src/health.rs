//! What an administrator should know of the database.

use std::path::Path;

use crate::{Result, Sql, Store, database, files};

const VERSION: Sql = Sql::new("SELECT sqlite_version()");
const JOURNAL: Sql = Sql::new("PRAGMA journal_mode");
const SCHEMA: Sql = Sql::new("SELECT number FROM migrations ORDER BY number DESC LIMIT 1");
const CHECK: Sql = Sql::new("PRAGMA quick_check(10)");

/// Facts about the database, as `doctor` prints them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The version of `SQLite`.
    pub sqlite_version: String,
    /// `wal`, or `memory` for a database in memory.
    pub journal_mode: String,
    /// The number of the last migration that was applied.
    pub schema_version: u32,
    /// The database and its log, in bytes; 0 for one in memory.
    pub file_bytes: u64,
    /// The disk that it is on; None for one in memory, and where the system does not say.
    pub disk: Option<Disk>,
    /// What is damaged, at most ten findings; empty when nothing is.
    pub damage: Vec<String>,
}

/// The room on a disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disk {
    /// Bytes that may still be written by an ordinary user.
    pub free_bytes: u64,
    /// Bytes in all.
    pub total_bytes: u64,
}

impl Store {
    /// Looks at the database, all of it: about a second a gigabyte, on a thread that reads.
    pub async fn check(&self) -> Result<Facts> {
        let facts = self
            .read(|conn| {
                Ok(Facts {
                    sqlite_version: conn.query_one(VERSION, &[])?,
                    journal_mode: conn.query_one(JOURNAL, &[])?,
                    schema_version: conn.query_one(SCHEMA, &[])?,
                    file_bytes: 0,
                    disk: None,
                    damage: conn.query_all(CHECK, &[])?,
                })
            })
            .await?;
        let damage = facts.damage.into_iter().filter(|finding| finding != "ok").collect();
        let file_bytes = self.path().map_or(0, |path| database::size(&path));
        Ok(Facts { file_bytes, disk: self.disk()?, damage, ..facts })
    }

    /// The room on the disk, at once: for a guard that asks often.
    pub fn disk(&self) -> Result<Option<Disk>> {
        self.path().map_or(Ok(None), |path| room(&path))
    }
}

#[cfg(unix)]
fn room(path: &Path) -> Result<Option<Disk>> {
    let found = rustix::fs::statvfs(path).map_err(|error| files::unusable(path, &error.into()))?;
    Ok(Some(Disk {
        free_bytes: found.f_bavail * found.f_frsize,
        total_bytes: found.f_blocks * found.f_frsize,
    }))
}

#[cfg(not(unix))]
fn room(_path: &Path) -> Result<Option<Disk>> {
    Ok(None)
}
