//! What a copy of a database holds, and whether it is whole.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Row};

use crate::sqlite::{database, files, migrate};
use crate::{Error, Result};

/// What a database holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// The number of its last migration.
    pub schema: u32,
    /// Rows of each table.
    pub tables: BTreeMap<String, u64>,
    /// The last line of its audit log.
    pub audit: Option<AuditHead>,
    /// By which master key its secrets are sealed: a hash of it.
    pub master_key: Option<String>,
    /// Bytes of the file.
    pub bytes: u64,
}

/// The last line of an audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditHead {
    /// Its number.
    pub seq: i64,
    /// Its hash.
    pub hash: String,
}

/// Reads a database that nobody writes to, all of it, and changes nothing. `thorough`: its indexes are compared with
/// their tables, which takes several times as long.
pub fn inspect(path: &Path, thorough: bool) -> Result<Content> {
    database::require_ours(path)?;
    let connection = database::open_unchanging(path)?;
    database::check(&connection, thorough)?;
    migrate::refuse_foreign(&connection)?;
    read(&connection, path).map_err(|error| database::as_damage(Error::of_database(&error)))
}

fn read(connection: &Connection, path: &Path) -> rusqlite::Result<Content> {
    let names: Vec<String> = connection
        .prepare(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
             AND name NOT LIKE 'card\\_search%' ESCAPE '\\' ORDER BY name",
        )?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let mut tables = BTreeMap::new();
    for name in names {
        let count = format!("SELECT COUNT(*) FROM \"{}\"", name.replace('"', "\"\""));
        let rows: i64 = connection.query_row(&count, [], |row| row.get(0))?;
        tables.insert(name, rows.unsigned_abs());
    }
    let audit = if tables.contains_key("audit_log") {
        let last = "SELECT seq, hash FROM audit_log ORDER BY seq DESC LIMIT 1";
        let head = |row: &Row<'_>| Ok(AuditHead { seq: row.get(0)?, hash: row.get(1)? });
        connection.query_row(last, [], head).optional()?
    } else {
        None
    };
    let master_key = if tables.contains_key("data_keys") {
        let any = "SELECT master_key FROM data_keys LIMIT 1";
        connection.query_row(any, [], |row| row.get(0)).optional()?
    } else {
        None
    };
    let schema = connection.query_row("SELECT MAX(number) FROM migrations", [], |row| row.get(0))?;
    Ok(Content { schema, tables, audit, master_key, bytes: files::length(path) })
}
