//! Answers of earlier runs that a run may take over instead of asking the model again.
//!
//! There is no table of them: an answer is the stored result of a cell. What it depends on beside its prompt and its
//! repeat is hashed once for each column of a run, and that is indexed; the prompts of a column are read when a
//! run begins that has the same scope. So a cell is stored without an entry in any further index.

use domain::ids::RunId;

use crate::cell_results::CellResult;
use crate::cells::CellRange;
use crate::{Conn, FromRow, Result, Row, Sql};

/// A column of an earlier run with the same scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EarlierColumn {
    /// Its cells.
    pub cells: CellRange,
    /// How often each case was asked: cell after cell, the repeats of one case stand together.
    pub repeats: i64,
}

impl FromRow for EarlierColumn {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let (first_cell, cases, repeats, position): (i64, i64, i64, i64) =
            (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        let count = cases * repeats;
        Ok(Self { cells: CellRange { first: first_cell + position * count, count }, repeats })
    }
}

/// The columns of other runs with this scope that have ended, the latest first: at most `limit`. Of one that is at
/// work it would be chance which answers are there.
pub fn columns(conn: &mut Conn, scope: &str, except: RunId, limit: i64) -> Result<Vec<EarlierColumn>> {
    const COLUMNS: Sql = Sql::new(
        "SELECT r.first_cell, r.cases, r.repeats, k.position FROM run_columns k JOIN runs r ON r.id = k.run_id \
         WHERE k.cache_scope = $1 AND k.run_id <> $2 AND r.state IN ('finished', 'cancelled') \
         ORDER BY k.run_id DESC LIMIT $3",
    );
    conn.query_all(COLUMNS, &[&scope, &except, &limit])
}

/// Id and prompt hash of the cells of a column whose answer could be judged, and whether they took it over from an
/// earlier run.
pub fn answers(conn: &mut Conn, cells: CellRange) -> Result<Vec<(i64, String, bool)>> {
    const ANSWERS: Sql = Sql::new(
        "SELECT a.cell_id, a.prompt_hash, CASE WHEN a.cached_from IS NULL THEN 0 ELSE 1 END FROM cell_results a JOIN cells c ON c.id = a.cell_id \
         WHERE a.cell_id >= $1 AND a.cell_id < $2 AND c.id >= $1 AND c.id < $2 \
         AND (c.verdict IS NULL OR c.verdict IN ('pass', 'fail')) ORDER BY a.cell_id",
    );
    conn.query_all(ANSWERS, &[&cells.first, &cells.end()])
}

/// What a cell was answered. None: it has no answer any more, or its run was deleted meanwhile.
pub fn answer(conn: &mut Conn, cell: i64) -> Result<Option<CellResult>> {
    match crate::runs::of_cell(conn, cell)? {
        Some(_) => crate::cell_results::result(conn, cell),
        None => Ok(None),
    }
}
