//! Suites: named, ordered lists of test cases.

use domain::clock::Millis;
use domain::ids::{SuiteId, WorkspaceId};

use crate::{Conn, FromRow, Result, Row, Sql};

/// A suite as its row has it.
#[derive(Debug, Clone)]
pub struct SuiteRow {
    /// The suite.
    pub id: SuiteId,
    /// Its name.
    pub name: String,
    /// Grows with every change of the suite itself.
    pub revision: i64,
    /// Cases that are not deleted.
    pub case_count: i64,
    /// When it was made.
    pub created_at: Millis,
    /// When it or one of its cases last changed.
    pub updated_at: Millis,
}

impl FromRow for SuiteRow {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            name: row.get(1)?,
            revision: row.get(2)?,
            case_count: row.get(3)?,
            created_at: row.get(4)?,
            updated_at: row.get(5)?,
        })
    }
}

macro_rules! suite_columns {
    () => {
        "SELECT id, name, revision, case_count, created_at, updated_at FROM suites "
    };
}

/// Inserts an empty suite.
pub fn insert(conn: &mut Conn, id: SuiteId, workspace: WorkspaceId, name: &str, at: Millis) -> Result<()> {
    const INSERT: Sql = Sql::new(
        "INSERT INTO suites (id, workspace_id, name, created_at, updated_at) VALUES ($1, $2, $3, $4, $4)",
    );
    conn.execute(INSERT, &[&id, &workspace, &name, &at]).map(drop)
}

/// One suite.
pub fn get(conn: &mut Conn, workspace: WorkspaceId, id: SuiteId) -> Result<Option<SuiteRow>> {
    const GET: Sql = Sql::new(concat!(suite_columns!(), "WHERE workspace_id = $1 AND id = $2"));
    conn.query_opt(GET, &[&workspace, &id])
}

/// Suites after one, by id.
pub fn list(
    conn: &mut Conn,
    workspace: WorkspaceId,
    after: Option<SuiteId>,
    limit: i64,
) -> Result<Vec<SuiteRow>> {
    const LIST: Sql =
        Sql::new(concat!(suite_columns!(), "WHERE workspace_id = $1 AND id > $2 ORDER BY id LIMIT $3"));
    // Every id is larger than no text.
    let after = after.map_or_else(String::new, |suite| suite.to_string());
    conn.query_all(LIST, &[&workspace, &after, &limit])
}

/// Renames the suite, if its revision is still this one. False: it is not.
pub fn rename(conn: &mut Conn, id: SuiteId, expected_revision: i64, name: &str, at: Millis) -> Result<bool> {
    const RENAME: Sql = Sql::new(
        "UPDATE suites SET name = $3, updated_at = $4, revision = revision + 1 WHERE id = $1 AND revision = $2",
    );
    Ok(conn.execute(RENAME, &[&id, &expected_revision, &name, &at])? == 1)
}
