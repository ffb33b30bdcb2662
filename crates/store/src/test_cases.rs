//! Test cases of a suite, in their order.

use domain::clock::Millis;
use domain::ids::{CaseId, SuiteId};

use crate::{Conn, FromRow, InsertMany, Result, Row, Sql};

/// A case as its row has it.
#[derive(Debug, Clone)]
pub struct CaseRow {
    /// The case.
    pub id: CaseId,
    /// Its place in the suite, from 1, with gaps where cases were deleted.
    pub position: i64,
    /// Its content, as JSON.
    pub content: String,
    /// Grows with every change.
    pub revision: i64,
    /// When it was made.
    pub created_at: Millis,
    /// When it last changed.
    pub updated_at: Millis,
}

impl FromRow for CaseRow {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            position: row.get(1)?,
            content: row.get(2)?,
            revision: row.get(3)?,
            created_at: row.get(4)?,
            updated_at: row.get(5)?,
        })
    }
}

macro_rules! case_columns {
    () => {
        "SELECT id, position, content, revision, created_at, updated_at FROM test_cases "
    };
}

const INSERT: InsertMany<6> =
    InsertMany::new("INSERT INTO test_cases (id, suite_id, position, content, created_at, updated_at)", "");

/// Adds cases, each `(id, content as JSON)`, at the end of a suite. Returns the position of the first.
pub fn append(conn: &mut Conn, suite: SuiteId, cases: &[(CaseId, String)], at: Millis) -> Result<i64> {
    const PLACE: Sql = Sql::new(
        "UPDATE suites SET last_position = last_position + $2, case_count = case_count + $2, updated_at = $3 \
         WHERE id = $1 RETURNING last_position",
    );
    let last: i64 = conn.query_one(PLACE, &[&suite, &cases.len(), &at])?;
    let first = last - i64::try_from(cases.len()).unwrap_or(i64::MAX) + 1;
    let placed: Vec<(i64, &(CaseId, String))> = (first..).zip(cases).collect();
    conn.insert_many(&INSERT, &placed, |(position, (id, content))| {
        [id, &suite, position, content, &at, &at]
    })?;
    Ok(first)
}

/// A case in a suite that is arranged anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arranged {
    /// One that is there, as it is.
    Kept(CaseId),
    /// One that is there, with another content.
    Changed(CaseId, String),
    /// One more.
    New(CaseId, String),
}

/// The position that was last given to a case of a suite.
pub fn last_position(conn: &mut Conn, suite: SuiteId) -> Result<i64> {
    const LAST: Sql = Sql::new("SELECT last_position FROM suites WHERE id = $1");
    conn.query_one(LAST, &[&suite])
}

/// Puts these cases at the end of a suite, in this order, if the position last given is still this one. Returns the
/// position of the last of them; None: it is not.
///
/// To arrange a suite anew, put all of its cases there, in as many steps as there are, and [`clear`] what is left.
pub fn arrange(
    conn: &mut Conn,
    suite: SuiteId,
    last_position: i64,
    cases: &[Arranged],
    at: Millis,
) -> Result<Option<i64>> {
    const PLACE: Sql = Sql::new(
        "UPDATE suites SET last_position = last_position + $3, updated_at = $4 \
         WHERE id = $1 AND last_position = $2 RETURNING last_position",
    );
    const KEEP: Sql = Sql::new("UPDATE test_cases SET deleted_at = NULL, position = $2 WHERE id = $1");
    const CHANGE: Sql = Sql::new(
        "UPDATE test_cases SET deleted_at = NULL, position = $2, content = $3, updated_at = $4, \
         revision = revision + 1 WHERE id = $1",
    );
    let placed: Option<i64> = conn.query_opt(PLACE, &[&suite, &last_position, &cases.len(), &at])?;
    let Some(last) = placed else { return Ok(None) };
    let first = last - i64::try_from(cases.len()).unwrap_or(i64::MAX) + 1;
    let (mut kept, mut changed, mut new) = (Vec::new(), Vec::new(), Vec::new());
    for (position, case) in (first..).zip(cases) {
        match case {
            Arranged::Kept(id) => kept.push((id, position)),
            Arranged::Changed(id, content) => changed.push((id, position, content)),
            Arranged::New(id, content) => new.push((id, position, content)),
        }
    }
    conn.execute_many(KEEP, &kept, |(id, position)| [*id, position])?;
    conn.execute_many(CHANGE, &changed, |(id, position, content)| [*id, position, *content, &at])?;
    conn.insert_many(&INSERT, &new, |(id, position, content)| [*id, &suite, position, *content, &at, &at])?;
    recount(conn, suite)?;
    Ok(Some(last))
}

/// Deletes the cases of a suite that stand behind one position and not behind another, as [`delete`] does it.
pub fn clear(conn: &mut Conn, suite: SuiteId, after: i64, until: i64, at: Millis) -> Result<()> {
    const CLEAR: Sql = Sql::new(
        "UPDATE test_cases SET deleted_at = $4, updated_at = $4, revision = revision + 1 \
         WHERE suite_id = $1 AND position > $2 AND position <= $3 AND deleted_at IS NULL",
    );
    conn.execute(CLEAR, &[&suite, &after, &until, &at])?;
    recount(conn, suite)
}

/// Counts the cases of a suite anew.
fn recount(conn: &mut Conn, suite: SuiteId) -> Result<()> {
    const COUNT: Sql = Sql::new(
        "UPDATE suites SET case_count = \
         (SELECT COUNT(*) FROM test_cases WHERE suite_id = $1 AND deleted_at IS NULL) WHERE id = $1",
    );
    conn.execute(COUNT, &[&suite]).map(drop)
}

/// One case of a suite that is not deleted.
pub fn get(conn: &mut Conn, suite: SuiteId, id: CaseId) -> Result<Option<CaseRow>> {
    const GET: Sql =
        Sql::new(concat!(case_columns!(), "WHERE suite_id = $1 AND id = $2 AND deleted_at IS NULL"));
    conn.query_opt(GET, &[&suite, &id])
}

/// Cases of a suite after a position, in their order.
pub fn list(conn: &mut Conn, suite: SuiteId, after: i64, limit: i64) -> Result<Vec<CaseRow>> {
    const LIST: Sql = Sql::new(concat!(
        case_columns!(),
        "WHERE suite_id = $1 AND position > $2 AND deleted_at IS NULL ORDER BY position LIMIT $3"
    ));
    conn.query_all(LIST, &[&suite, &after, &limit])
}

/// Replaces the content of a case, if its revision is still this one. False: it is not.
pub fn replace(
    conn: &mut Conn,
    id: CaseId,
    expected_revision: i64,
    content: &str,
    at: Millis,
) -> Result<bool> {
    const REPLACE: Sql = Sql::new(
        "UPDATE test_cases SET content = $3, updated_at = $4, revision = revision + 1 \
         WHERE id = $1 AND revision = $2 AND deleted_at IS NULL",
    );
    Ok(conn.execute(REPLACE, &[&id, &expected_revision, &content, &at])? == 1)
}

/// Deletes a case, if its revision is still this one. False: it is not. It can be restored.
pub fn delete(conn: &mut Conn, id: CaseId, expected_revision: i64, at: Millis) -> Result<bool> {
    const DELETE: Sql = Sql::new(
        "UPDATE test_cases SET deleted_at = $3, updated_at = $3, revision = revision + 1 \
         WHERE id = $1 AND revision = $2 AND deleted_at IS NULL RETURNING suite_id",
    );
    let suite: Option<SuiteId> = conn.query_opt(DELETE, &[&id, &expected_revision, &at])?;
    suite.map_or(Ok(()), |suite| count(conn, suite, -1))?;
    Ok(suite.is_some())
}

/// Takes back the deletion of a case. False: there is no such deleted case.
pub fn restore(conn: &mut Conn, suite: SuiteId, id: CaseId, at: Millis) -> Result<bool> {
    const RESTORE: Sql = Sql::new(
        "UPDATE test_cases SET deleted_at = NULL, updated_at = $3, revision = revision + 1 \
         WHERE suite_id = $1 AND id = $2 AND deleted_at IS NOT NULL",
    );
    let restored = conn.execute(RESTORE, &[&suite, &id, &at])? == 1;
    if restored {
        count(conn, suite, 1)?;
    }
    Ok(restored)
}

/// Keeps the suite's count of its cases.
fn count(conn: &mut Conn, suite: SuiteId, change: i64) -> Result<()> {
    const COUNT: Sql = Sql::new("UPDATE suites SET case_count = case_count + $2 WHERE id = $1");
    conn.execute(COUNT, &[&suite, &change]).map(drop)
}
