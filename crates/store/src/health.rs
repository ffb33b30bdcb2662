//! What an administrator should know of the database.

use std::path::{Path, PathBuf};

use crate::sql::SqlPair;
use crate::sqlite::{database, files};
use crate::{Result, Sql, Store};

const VERSION: SqlPair =
    SqlPair::new("SELECT 'SQLite ' || sqlite_version()", "SELECT split_part(version(), ' on ', 1)");
const SIZE: SqlPair = SqlPair::new("SELECT 0", "SELECT pg_database_size(current_database())");
const SCHEMA: Sql = Sql::new("SELECT number FROM migrations ORDER BY number DESC LIMIT 1");
/// A server looks after its own pages.
const CHECK: SqlPair = SqlPair::new("PRAGMA quick_check(10)", "SELECT 'ok'");

/// Facts about the database, as `doctor` prints them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// `SQLite` or `PostgreSQL`, with its version.
    pub version: String,
    /// The number of the last migration that was applied.
    pub schema_version: u32,
    /// Its size in bytes, with its log; 0 for one in memory.
    pub bytes: u64,
    /// The disk that it is on; None for one in memory or of a server, and where the system does not say.
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
                let (version, size, check) = (conn.pick(&VERSION), conn.pick(&SIZE), conn.pick(&CHECK));
                Ok(Facts {
                    version: conn.query_one(version, &[])?,
                    schema_version: conn.query_one(SCHEMA, &[])?,
                    bytes: conn.query_one(size, &[])?,
                    disk: None,
                    damage: conn.query_all(check, &[])?,
                })
            })
            .await?;
        let damage = facts.damage.into_iter().filter(|finding| finding != "ok").collect();
        let of_file = |path: PathBuf| {
            let (database, log) = database::sizes(&path);
            database + log
        };
        let bytes = self.path().map_or(facts.bytes, of_file);
        Ok(Facts { bytes, disk: self.disk()?, damage, ..facts })
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
