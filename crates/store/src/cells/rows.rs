//! Cells as the matrix shows them, each with the beginning of its result.

use std::ops::Range;

use domain::cost::NanoDollars;
use domain::run::CellState;
use domain::verdict::Verdict;

use super::CellRange;
use crate::{Conn, FromRow, Result, Row, Sql};

/// One cell, as the matrix shows it.
#[derive(Debug, Clone)]
pub struct CellRow {
    /// The cell.
    pub id: i64,
    /// What it is doing.
    pub state: CellState,
    /// Its verdict, if it is finished and something was asked of it.
    pub verdict: Option<Verdict>,
    /// Its score, 0 to 1.
    pub score: Option<f64>,
    /// The shortest form of the reason.
    pub headline: String,
    /// Why the verdict is what it is.
    pub reason: String,
    /// The beginning of the output.
    pub preview: String,
    /// How long the answer took.
    pub latency_ms: Option<i64>,
    /// Tokens of the answer.
    pub completion_tokens: Option<i64>,
    /// How many calls were made for it.
    pub attempts: i64,
    /// The cell of an earlier run whose answer this is, if the model was not asked.
    pub cached_from: Option<i64>,
    /// What its run paid for the answer: 0 where an earlier run asked. None: that is not known.
    pub paid: Option<NanoDollars>,
}

/// `$results` bounds the ids of the results as those of the cells are: that they are the same bounds is more than
/// `PostgreSQL` finds out, and without them it reads the results of other runs.
macro_rules! cells_where {
    ($results:literal, $cells:literal) => {
        Sql::new(concat!(
            "SELECT c.id, c.state, c.verdict, c.score, COALESCE(r.headline, ''), COALESCE(r.reason, ''), \
             COALESCE(r.preview, ''), c.latency_ms, c.completion_tokens, c.attempts, r.cached_from, \
             CASE WHEN r.cost IS NULL OR r.cached_from IS NULL THEN r.cost ELSE 0 END FROM cells c \
             LEFT JOIN cell_results r ON r.cell_id = c.id AND ",
            $results,
            " WHERE ",
            $cells
        ))
    };
}

impl FromRow for CellRow {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let verdict: Option<String> = row.get(2)?;
        Ok(Self {
            id: row.get(0)?,
            state: row.parse(1)?,
            verdict: match verdict {
                None => None,
                Some(_) => Some(row.parse(2)?),
            },
            score: row.get(3)?,
            headline: row.get(4)?,
            reason: row.get(5)?,
            preview: row.get(6)?,
            latency_ms: row.get(7)?,
            completion_tokens: row.get(8)?,
            attempts: row.get(9)?,
            cached_from: row.get(10)?,
            paid: row.get(11)?,
        })
    }
}

/// One cell, if the run has one at this position.
pub fn get(conn: &mut Conn, cells: CellRange, position: i64) -> Result<Option<CellRow>> {
    const GET: Sql = cells_where!("r.cell_id = $1", "c.id = $1");
    if !(0..cells.count).contains(&position) {
        return Ok(None);
    }
    conn.query_opt(GET, &[&cells.id(position)])
}

/// The cells from one position up to, not including, another, in their order.
pub fn between(conn: &mut Conn, cells: CellRange, positions: &Range<i64>) -> Result<Vec<CellRow>> {
    const BETWEEN: Sql =
        cells_where!("r.cell_id >= $1 AND r.cell_id < $2", "c.id >= $1 AND c.id < $2 ORDER BY c.id");
    let ids = cells.ids(positions);
    conn.query_all(BETWEEN, &[&ids.start, &ids.end])
}

/// Cells after a position, optionally of one verdict, in their order.
pub fn page(
    conn: &mut Conn,
    cells: CellRange,
    verdict: Option<Verdict>,
    after: i64,
    limit: i64,
) -> Result<Vec<CellRow>> {
    const PAGE: Sql = cells_where!(
        "r.cell_id >= $1 AND r.cell_id < $2",
        "c.id >= $1 AND c.id < $2 AND (CAST($3 AS TEXT) IS NULL OR c.verdict = $3) ORDER BY c.id LIMIT $4"
    );
    let first = cells.id(after.saturating_add(1).max(0));
    conn.query_all(PAGE, &[&first, &cells.end(), &verdict.map(Verdict::as_str), &limit])
}
