//! Brings a database to the schema of this program.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension};
use sha2::{Digest, Sha256};

use crate::{Error, Result, files};

/// One step of the schema: a file that is never edited once it was released.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Migration {
    pub(crate) number: u32,
    pub(crate) name: &'static str,
    pub(crate) sql: &'static str,
}

/// Every step, in order of its number.
pub(crate) const MIGRATIONS: &[Migration] =
    &[Migration { number: 1, name: "initial", sql: include_str!("../migrations/sqlite/0001_initial.sql") }];

/// When a step was applied is bookkeeping that no rule of the product reads: the database's own time will do.
const TABLE: &str = "CREATE TABLE IF NOT EXISTS migrations (
    number     INTEGER PRIMARY KEY,
    name       TEXT NOT NULL,
    checksum   TEXT NOT NULL,
    applied_at INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER))
) STRICT";

impl Migration {
    fn checksum(&self) -> String {
        hex::encode(Sha256::digest(self.sql))
    }
}

/// The steps of `known` that the database at hand lacks. Refuses one that this program did not make.
pub(crate) fn pending<'m>(sqlite: &Connection, known: &'m [Migration]) -> Result<&'m [Migration]> {
    let applied = applied(sqlite).map_err(|error| Error::of_database(&error))?;
    let newest = known.last().map_or(0, |migration| migration.number);
    if let Some((found, ..)) = applied.last().filter(|(number, ..)| *number > newest) {
        return Err(Error::NewerSchema { found: *found, known: newest });
    }
    for (place, (number, name, checksum)) in applied.iter().enumerate() {
        let same =
            known.get(place).is_some_and(|known| known.number == *number && known.checksum() == *checksum);
        if !same {
            return Err(Error::EditedMigration { number: *number, name: name.clone() });
        }
    }
    Ok(&known[applied.len()..])
}

fn applied(sqlite: &Connection) -> rusqlite::Result<Vec<(u32, String, String)>> {
    sqlite
        .prepare("SELECT number, name, checksum FROM migrations ORDER BY number")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect()
}

/// Applies `migrations`, each in a transaction of its own. Foreign keys are looked at before each commit only,
/// so that a step may build a table anew.
pub(crate) fn apply(sqlite: &Connection, migrations: &[Migration]) -> Result<()> {
    let run = |sql: &str| sqlite.execute_batch(sql).map_err(|error| Error::of_database(&error));
    run("PRAGMA foreign_keys = OFF")?;
    for migration in migrations {
        run("BEGIN IMMEDIATE")?;
        step(sqlite, migration).inspect_err(|_| {
            // The error at hand says more than one of the rollback.
            let _ = sqlite.execute_batch("ROLLBACK");
        })?;
        tracing::info!(number = migration.number, name = migration.name, "applied a migration");
    }
    run("PRAGMA foreign_keys = ON")
}

fn step(sqlite: &Connection, migration: &Migration) -> Result<()> {
    let failed = |error: rusqlite::Error| match Error::of_database(&error) {
        Error::Statement { reason, .. } => Error::Statement { statement: migration.name, reason },
        other => other,
    };
    sqlite.execute_batch(TABLE).map_err(failed)?;
    sqlite.execute_batch(migration.sql).map_err(failed)?;
    let orphan: Option<String> = sqlite
        .query_row("SELECT \"table\" FROM pragma_foreign_key_check LIMIT 1", [], |row| row.get(0))
        .optional()
        .map_err(failed)?;
    if let Some(table) = orphan {
        let reason = format!("afterwards a row of {table} points to none");
        return Err(Error::Statement { statement: migration.name, reason });
    }
    sqlite
        .execute(
            "INSERT INTO migrations (number, name, checksum) VALUES (?1, ?2, ?3)",
            (migration.number, migration.name, migration.checksum()),
        )
        .map_err(failed)?;
    sqlite.execute_batch("COMMIT").map_err(failed)
}

/// Copies the database to `<path>.before-<number>.bak`, whole or not at all, before `next` is applied.
pub(crate) fn back_up(sqlite: &Connection, path: &Path, next: &Migration) -> Result<()> {
    let copy = files::beside(path, &format!(".before-{:04}.bak", next.number));
    let draft = files::beside(&copy, ".new");
    files::discard(&draft)?;
    sqlite
        .execute("VACUUM INTO ?1", [draft.to_string_lossy()])
        .map_err(|error| Error::of_database(&error))?;
    files::finish(&draft, &copy)?;
    tracing::info!(copy = %copy.display(), "copied the database before its migration");
    Ok(())
}
