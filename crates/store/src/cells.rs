//! Cells: the queue that they are, and what the matrix shows of them.

use std::ops::Range;

use domain::clock::Millis;
use domain::ids::{InstanceId, RunId};
use domain::matrix::Matrix;
use domain::run::CellState;
use domain::verdict::Verdict;

use crate::{Conn, FromRow, InsertMany, Result, Row, Sql};

/// A cell that a worker has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClaimedCell {
    /// Its number in the matrix.
    pub position: i64,
    /// The claim under which its result may be stored.
    pub claim: i64,
    /// How many attempts were made in earlier claims.
    pub attempts: i64,
}

impl FromRow for ClaimedCell {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self { position: row.get(0)?, claim: row.get(1)?, attempts: row.get(2)? })
    }
}

/// Inserts the cells from one number up to, not including, another, in the state `pending`.
pub fn insert(conn: &mut Conn, run: RunId, from: u64, to: u64) -> Result<()> {
    const CELLS: InsertMany<3> = InsertMany::new("INSERT INTO cells (run_id, position, state)", "");
    let positions: Vec<u64> = (from..to).collect();
    conn.insert_many(&CELLS, &positions, |position| [&run, position, &"pending"]).map(drop)
}

/// Leases up to `limit` pending cells of a run that is not paused, lowest numbers first, from one number up to,
/// not including, another.
pub fn claim(
    conn: &mut Conn,
    run: RunId,
    positions: Range<i64>,
    limit: i64,
    owner: InstanceId,
    lease_until: Millis,
) -> Result<Vec<ClaimedCell>> {
    const CLAIM: Sql = Sql::new(
        "UPDATE cells SET state = 'leased', claim = claim + 1, owner = $5, lease_until = $6 \
         WHERE run_id = $1 AND position IN (SELECT position FROM cells WHERE run_id = $1 \
         AND position >= $2 AND position < $3 AND state = 'pending' ORDER BY position LIMIT $4) \
         AND EXISTS (SELECT 1 FROM runs WHERE id = $1 AND state IN ('queued', 'running')) \
         RETURNING position, claim, attempts",
    );
    let mut claimed: Vec<ClaimedCell> =
        conn.query_all(CLAIM, &[&run, &positions.start, &positions.end, &limit, &owner, &lease_until])?;
    claimed.sort_unstable_by_key(|cell| cell.position);
    Ok(claimed)
}

/// Renews the leases of the cells that this owner is working on.
pub fn renew(
    conn: &mut Conn,
    owner: InstanceId,
    cells: &[(RunId, i64, i64)],
    lease_until: Millis,
) -> Result<()> {
    const RENEW: Sql = Sql::new(
        "UPDATE cells SET lease_until = $4 WHERE run_id = $1 AND position = $2 AND claim = $3 \
         AND owner = $5 AND state = 'leased'",
    );
    for (run, position, claim) in cells {
        conn.execute(RENEW, &[run, position, claim, &lease_until, &owner])?;
    }
    Ok(())
}

/// Gives back the leases that ended before `now`. Returns the runs that they belong to.
pub fn release_expired(conn: &mut Conn, now: Millis) -> Result<Vec<RunId>> {
    const RELEASE: Sql = Sql::new(
        "UPDATE cells SET state = 'pending', owner = NULL, lease_until = NULL \
         WHERE state = 'leased' AND lease_until < $1 RETURNING run_id",
    );
    let mut runs: Vec<RunId> = conn.query_all(RELEASE, &[&now])?;
    runs.sort_unstable();
    runs.dedup();
    Ok(runs)
}

/// Gives back every lease: at start, when the lock file proves that no other owner lives.
pub fn release_all(conn: &mut Conn) -> Result<u64> {
    const RELEASE: Sql = Sql::new(
        "UPDATE cells SET state = 'pending', owner = NULL, lease_until = NULL \
         WHERE state = 'leased' AND lease_until IS NOT NULL",
    );
    conn.execute(RELEASE, &[])
}

/// Gives back the leases of these cells, as far as their claims are still good.
pub fn release(conn: &mut Conn, cells: &[(RunId, i64, i64)]) -> Result<()> {
    const RELEASE: Sql = Sql::new(
        "UPDATE cells SET state = 'pending', owner = NULL, lease_until = NULL \
         WHERE run_id = $1 AND position = $2 AND claim = $3 AND state = 'leased'",
    );
    for (run, position, claim) in cells {
        conn.execute(RELEASE, &[run, position, claim])?;
    }
    Ok(())
}

/// Cancels up to `limit` open cells of a cancelled run, from a number on. Returns the number after the last one
/// that was looked at, or None when no cell is open any more.
pub fn cancel_open(
    conn: &mut Conn,
    run: RunId,
    matrix: Matrix,
    from: i64,
    limit: i64,
) -> Result<Option<i64>> {
    const CANCEL: Sql = Sql::new(
        "UPDATE cells SET state = 'cancelled', owner = NULL, lease_until = NULL WHERE run_id = $1 \
         AND position IN (SELECT position FROM cells WHERE run_id = $1 AND position >= $2 \
         AND state IN ('pending', 'leased') ORDER BY position LIMIT $3) RETURNING position",
    );
    const COUNT: Sql =
        Sql::new("UPDATE run_columns SET cancelled = cancelled + $3 WHERE run_id = $1 AND position = $2");
    const LEFT: Sql =
        Sql::new("UPDATE runs SET open_cells = open_cells - $2 WHERE id = $1 RETURNING open_cells");
    let mut cancelled: Vec<i64> = conn.query_all(CANCEL, &[&run, &from, &limit])?;
    cancelled.sort_unstable();
    for (column, cells) in by_column(matrix, &cancelled) {
        conn.execute(COUNT, &[&run, &column, &cells])?;
    }
    let left: i64 = conn.query_one(LEFT, &[&run, &cancelled.len()])?;
    Ok(cancelled.last().filter(|_| left > 0).map(|last| last + 1))
}

/// How many of the sorted positions lie in which column.
fn by_column(matrix: Matrix, positions: &[i64]) -> Vec<(i64, i64)> {
    let column = |position: i64| position / i64::from(matrix.rows()).max(1);
    let chunks = positions.chunk_by(|one, other| column(*one) == column(*other));
    chunks.map(|chunk| (column(chunk[0]), i64::try_from(chunk.len()).unwrap_or(i64::MAX))).collect()
}

/// One cell, as the matrix shows it.
#[derive(Debug, Clone)]
pub struct CellRow {
    /// Its number in the matrix.
    pub position: i64,
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
}

macro_rules! cell_columns {
    () => {
        "SELECT c.position, c.state, c.verdict, c.score, COALESCE(r.headline, ''), COALESCE(r.reason, ''), \
         COALESCE(r.preview, ''), c.latency_ms, c.completion_tokens, c.attempts FROM cells c \
         LEFT JOIN cell_results r ON r.run_id = c.run_id AND r.position = c.position "
    };
}

impl FromRow for CellRow {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let verdict: Option<String> = row.get(2)?;
        Ok(Self {
            position: row.get(0)?,
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
        })
    }
}

/// One cell.
pub fn get(conn: &mut Conn, run: RunId, position: i64) -> Result<Option<CellRow>> {
    const GET: Sql = Sql::new(concat!(cell_columns!(), "WHERE c.run_id = $1 AND c.position = $2"));
    conn.query_opt(GET, &[&run, &position])
}

/// The cells from one number up to, not including, another, by number.
pub fn between(conn: &mut Conn, run: RunId, positions: &Range<i64>) -> Result<Vec<CellRow>> {
    const BETWEEN: Sql = Sql::new(concat!(
        cell_columns!(),
        "WHERE c.run_id = $1 AND c.position >= $2 AND c.position < $3 ORDER BY c.position"
    ));
    conn.query_all(BETWEEN, &[&run, &positions.start, &positions.end])
}

/// Cells after a number, optionally of one verdict, by number.
pub fn page(
    conn: &mut Conn,
    run: RunId,
    verdict: Option<Verdict>,
    after: i64,
    limit: i64,
) -> Result<Vec<CellRow>> {
    const PAGE: Sql = Sql::new(concat!(
        cell_columns!(),
        "WHERE c.run_id = $1 AND c.position > $2 AND (CAST($3 AS TEXT) IS NULL OR c.verdict = $3) \
         ORDER BY c.position LIMIT $4"
    ));
    conn.query_all(PAGE, &[&run, &after, &verdict.map(Verdict::as_str), &limit])
}

/// Position, state and verdict of every cell, for filters over the whole run.
pub fn verdicts(conn: &mut Conn, run: RunId) -> Result<Vec<(i64, Option<String>)>> {
    const VERDICTS: Sql =
        Sql::new("SELECT position, verdict FROM cells WHERE run_id = $1 AND state = 'finished'");
    conn.query_all(VERDICTS, &[&run])
}

/// Puts up to `limit` cells whose verdict is `error` back into the queue, their results removed.
/// Returns how many there were.
pub fn retry_errors(conn: &mut Conn, run: RunId, matrix: Matrix, limit: i64) -> Result<usize> {
    const RETRY: Sql = Sql::new(
        "UPDATE cells SET state = 'pending', owner = NULL, lease_until = NULL, verdict = NULL, score = NULL, \
         latency_ms = NULL, completion_tokens = NULL WHERE run_id = $1 AND position IN \
         (SELECT position FROM cells WHERE run_id = $1 AND state = 'finished' AND verdict = 'error' \
         ORDER BY position LIMIT $2) RETURNING position",
    );
    const OUTCOMES: Sql = Sql::new("DELETE FROM outcomes WHERE run_id = $1 AND cell_position = $2");
    const RESULT: Sql = Sql::new("DELETE FROM cell_results WHERE run_id = $1 AND position = $2");
    const COUNT: Sql =
        Sql::new("UPDATE run_columns SET error = error - $3 WHERE run_id = $1 AND position = $2");
    const OPEN: Sql = Sql::new("UPDATE runs SET open_cells = open_cells + $2 WHERE id = $1");
    let mut cells: Vec<i64> = conn.query_all(RETRY, &[&run, &limit])?;
    cells.sort_unstable();
    for position in &cells {
        conn.execute(OUTCOMES, &[&run, position])?;
        conn.execute(RESULT, &[&run, position])?;
    }
    for (column, cells) in by_column(matrix, &cells) {
        conn.execute(COUNT, &[&run, &column, &cells])?;
    }
    conn.execute(OPEN, &[&run, &cells.len()])?;
    Ok(cells.len())
}
