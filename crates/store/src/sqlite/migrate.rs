//! Brings a file to the schema of this program.

use std::fs;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension};

use super::files;
use crate::migration::{self, Applied, Migration};
use crate::{Error, Result};

/// Every step, in order of its number.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration { number: 1, name: "initial", sql: include_str!("../../migrations/sqlite/0001_initial.sql") },
    Migration { number: 2, name: "secrets", sql: include_str!("../../migrations/sqlite/0002_secrets.sql") },
    Migration { number: 3, name: "imports", sql: include_str!("../../migrations/sqlite/0003_imports.sql") },
    Migration { number: 4, name: "people", sql: include_str!("../../migrations/sqlite/0004_people.sql") },
    Migration { number: 5, name: "limits", sql: include_str!("../../migrations/sqlite/0005_limits.sql") },
    Migration { number: 6, name: "audit", sql: include_str!("../../migrations/sqlite/0006_audit.sql") },
    Migration { number: 7, name: "outbound", sql: include_str!("../../migrations/sqlite/0007_outbound.sql") },
    Migration { number: 8, name: "shares", sql: include_str!("../../migrations/sqlite/0008_shares.sql") },
];

/// How many copies from before migrations are kept.
const KEPT_COPIES: usize = 3;

/// When a step was applied is bookkeeping that no rule of the product reads: the database's own time will do.
const TABLE: &str = "CREATE TABLE IF NOT EXISTS migrations (
    number     INTEGER PRIMARY KEY,
    name       TEXT NOT NULL,
    checksum   TEXT NOT NULL,
    applied_at INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER))
) STRICT";

/// The steps of `known` that the database at hand lacks. Refuses one that this program did not make.
pub(crate) fn pending<'m>(sqlite: &Connection, known: &'m [Migration]) -> Result<&'m [Migration]> {
    let applied = applied(sqlite).map_err(|error| Error::of_database(&error))?;
    migration::pending(&applied, known)
}

/// Refuses a database that a newer program made, or another one.
pub(crate) fn refuse_foreign(sqlite: &Connection) -> Result<()> {
    pending(sqlite, MIGRATIONS).map(drop).map_err(super::database::as_damage)
}

fn applied(sqlite: &Connection) -> rusqlite::Result<Vec<Applied>> {
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
    remove_old_copies(path)?;
    tracing::info!(copy = %copy.display(), "copied the database before its migration");
    Ok(())
}

/// Removes copies from before earlier migrations, but for the newest few.
fn remove_old_copies(path: &Path) -> Result<()> {
    let prefix = files::beside(path, ".before-");
    let prefix = prefix.file_name().unwrap_or_default().to_string_lossy();
    let folder = files::folder(path);
    let unusable = |error| files::unusable(folder, &error);
    let mut copies = Vec::new();
    for entry in fs::read_dir(folder).map_err(unusable)? {
        let path = entry.map_err(unusable)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with(&*prefix) && path.extension().is_some_and(|end| end == "bak") {
            copies.push(path);
        }
    }
    copies.sort_unstable();
    for old in &copies[..copies.len().saturating_sub(KEPT_COPIES)] {
        fs::remove_file(old).map_err(unusable)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::StoreSettings;
    use crate::sqlite::database;

    const FIRST: Migration = Migration {
        number: 1,
        name: "first",
        sql: "CREATE TABLE cards (id INTEGER PRIMARY KEY, title TEXT) STRICT;
              CREATE TABLE notes (card INTEGER REFERENCES cards (id)) STRICT;",
    };
    /// Builds a table anew under rows that point to it.
    const SECOND: Migration = Migration {
        number: 2,
        name: "second",
        sql: "CREATE TABLE new (id INTEGER PRIMARY KEY, title TEXT NOT NULL) STRICT;
              INSERT INTO new SELECT id, coalesce(title, '') FROM cards;
              DROP TABLE cards;
              ALTER TABLE new RENAME TO cards;",
    };
    const BROKEN: Migration =
        Migration { number: 3, name: "broken", sql: "DROP TABLE notes; CREATE TABLE cards (id INTEGER);" };
    const ORPHANS: Migration = Migration { number: 3, name: "orphans", sql: "DELETE FROM cards;" };

    struct Old {
        _folder: tempfile::TempDir,
        settings: StoreSettings,
    }

    /// A database at the first step, with two cards and a note.
    fn old() -> Old {
        let folder = tempfile::tempdir().unwrap();
        let settings =
            StoreSettings { path: folder.path().join("promptcards.db"), ..StoreSettings::default() };
        let (sqlite, _lock) = database::open(&settings, &[FIRST]).unwrap();
        sqlite
            .execute_batch("INSERT INTO cards VALUES (1, 'one'), (2, NULL); INSERT INTO notes VALUES (2);")
            .unwrap();
        Old { _folder: folder, settings }
    }

    fn backup(old: &Old, number: u32) -> PathBuf {
        files::beside(&old.settings.path, &format!(".before-{number:04}.bak"))
    }

    fn titles(sqlite: &Connection) -> Vec<Option<String>> {
        let mut statement = sqlite.prepare("SELECT title FROM cards ORDER BY id").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().collect::<rusqlite::Result<_>>().unwrap()
    }

    #[test]
    fn an_old_database_is_copied_and_brought_forward() {
        let old = old();
        assert!(!backup(&old, 1).exists(), "there was nothing to copy");
        let (sqlite, lock) = database::open(&old.settings, &[FIRST, SECOND]).unwrap();
        assert_eq!(titles(&sqlite), [Some("one".to_owned()), Some(String::new())]);
        assert_eq!(applied(&sqlite).unwrap().len(), 2);
        let copy = Connection::open(backup(&old, 2)).unwrap();
        assert_eq!(titles(&copy), [Some("one".to_owned()), None]);
        drop((sqlite, lock));
        // The copy is a database of ours: put in place, it goes forward again.
        drop(copy);
        std::fs::copy(backup(&old, 2), &old.settings.path).unwrap();
        let (sqlite, _lock) = database::open(&old.settings, &[FIRST, SECOND]).unwrap();
        assert_eq!(applied(&sqlite).unwrap().len(), 2);
    }

    #[test]
    fn the_newest_copies_from_before_are_kept() {
        let old = old();
        for number in [1, 3, 4, 12] {
            std::fs::write(backup(&old, number), "older").unwrap();
        }
        drop(database::open(&old.settings, &[FIRST, SECOND]).unwrap());
        let left = [1, 2, 3, 4, 12].map(|number| backup(&old, number).exists());
        assert_eq!(left, [false, false, true, true, true]);
    }

    #[test]
    fn a_migration_that_fails_changes_nothing() {
        for wrong in [BROKEN, ORPHANS] {
            let old = old();
            let error = database::open(&old.settings, &[FIRST, SECOND, wrong]).err().unwrap();
            assert!(
                matches!(&error, Error::Statement { statement, .. } if *statement == wrong.name),
                "{error}"
            );
            // The step before it was one of its own.
            let (sqlite, _lock) = database::open(&old.settings, &[FIRST, SECOND]).unwrap();
            assert_eq!(titles(&sqlite).len(), 2);
            let notes: i64 = sqlite.query_row("SELECT COUNT(*) FROM notes", [], |row| row.get(0)).unwrap();
            assert_eq!(notes, 1);
        }
    }

    #[test]
    fn a_program_that_knows_less_or_other_steps_is_refused() {
        let old = old();
        drop(database::open(&old.settings, &[FIRST, SECOND]).unwrap());
        let older = database::open(&old.settings, &[FIRST]).err();
        assert_eq!(older, Some(Error::NewerSchema { found: 2, known: 1 }));
        let edited = Migration { sql: "CREATE TABLE cards (id INTEGER) STRICT;", ..FIRST };
        let other = database::open(&old.settings, &[edited, SECOND]).err();
        assert_eq!(other, Some(Error::EditedMigration { number: 1, name: "first".to_owned() }));
    }

    #[test]
    fn the_steps_of_this_program_are_numbered_without_a_gap() {
        for (place, migration) in MIGRATIONS.iter().enumerate() {
            assert_eq!(migration.number as usize, place + 1, "{}", migration.name);
        }
    }
}
