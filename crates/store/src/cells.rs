//! Cells: the queue that they are, and what the matrix shows of them.

mod rows;

use std::ops::Range;

use domain::clock::Millis;
use domain::completion::{Timings, Usage};
use domain::cost::NanoDollars;
use domain::ids::{InstanceId, RunId};
use domain::matrix::Matrix;
use domain::verdict::Verdict;

pub use rows::{CellRow, between, get, page};

use crate::run_columns::{self, Counted, Finished};
use crate::sql::SqlPair;
use crate::{Conn, FromRow, InsertMany, Json, Result, Row, Sql, instances};

/// The cells of a run. Their ids follow each other, and no other run has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellRange {
    /// The id of the first cell, which is at position 0.
    pub first: i64,
    /// How many there are.
    pub count: i64,
}

impl CellRange {
    /// The id of the cell at a position.
    pub fn id(self, position: i64) -> i64 {
        self.first.saturating_add(position)
    }

    /// The position of the cell with this id.
    pub fn position(self, id: i64) -> i64 {
        id.saturating_sub(self.first)
    }

    pub(crate) fn end(self) -> i64 {
        self.id(self.count)
    }

    /// The ids of these positions, as far as the run has them.
    fn ids(self, positions: &Range<i64>) -> Range<i64> {
        self.id(positions.start.clamp(0, self.count))..self.id(positions.end.clamp(0, self.count))
    }
}

/// A cell that a worker has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClaimedCell {
    /// The cell.
    pub id: i64,
    /// The claim under which its result may be stored.
    pub claim: i64,
    /// How many attempts were made in earlier claims.
    pub attempts: i64,
}

impl FromRow for ClaimedCell {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self { id: row.get(0)?, claim: row.get(1)?, attempts: row.get(2)? })
    }
}

/// Inserts the cells at these positions, in the state `pending`.
pub fn insert(conn: &mut Conn, cells: CellRange, positions: &Range<i64>) -> Result<()> {
    const CELLS: InsertMany<2> = InsertMany::new("INSERT INTO cells (id, state)", "");
    let ids: Vec<i64> = cells.ids(positions).collect();
    conn.insert_many(&CELLS, &ids, |id| [id, &"pending"]).map(drop)
}

/// Leases up to `limit` pending cells of a run that is not paused, in the order of their positions.
pub fn claim(
    conn: &mut Conn,
    run: RunId,
    cells: CellRange,
    positions: &Range<i64>,
    limit: i64,
    owner: InstanceId,
    lease_until: Millis,
) -> Result<Vec<ClaimedCell>> {
    macro_rules! claim {
        ($these:literal, $lock:literal) => {
            concat!(
                "UPDATE cells SET state = 'leased', claim = claim + 1, owner = $5, lease_until = $6 WHERE id ",
                $these,
                "(SELECT id FROM cells WHERE id >= $2 AND id < $3 AND state = 'pending' ORDER BY id LIMIT $4",
                $lock,
                ") AND EXISTS (SELECT 1 FROM runs WHERE id = $1 AND state IN ('queued', 'running')) \
                 RETURNING id, claim, attempts"
            )
        };
    }
    // Another instance that claims at the same moment takes the cells after these. As an array they are found by
    // their ids; as rows, PostgreSQL may read all cells to see which of them they are.
    const CLAIM: SqlPair =
        SqlPair::new(claim!("IN ", ""), claim!("= ANY (ARRAY", " FOR UPDATE SKIP LOCKED)"));
    let ids = cells.ids(positions);
    let claim = conn.pick(&CLAIM);
    let mut claimed: Vec<ClaimedCell> =
        conn.query_all(claim, &[&run, &ids.start, &ids.end, &limit, &owner, &lease_until])?;
    claimed.sort_unstable_by_key(|cell| cell.id);
    Ok(claimed)
}

/// The first of these positions whose cell is pending.
pub fn first_pending(conn: &mut Conn, cells: CellRange, positions: &Range<i64>) -> Result<Option<i64>> {
    const FIRST: Sql =
        Sql::new("SELECT id FROM cells WHERE id >= $1 AND id < $2 AND state = 'pending' ORDER BY id LIMIT 1");
    let ids = cells.ids(positions);
    let first: Option<i64> = conn.query_opt(FIRST, &[&ids.start, &ids.end])?;
    Ok(first.map(|id| cells.position(id)))
}

/// Renews the leases of the cells, each `(id, claim)`, that this owner is working on.
pub fn renew(conn: &mut Conn, owner: InstanceId, cells: &[(i64, i64)], lease_until: Millis) -> Result<()> {
    const RENEW: Sql = Sql::new(
        "UPDATE cells SET lease_until = $3 WHERE id = $1 AND claim = $2 AND owner = $4 AND state = 'leased'",
    );
    conn.execute_many(RENEW, cells, |(id, claim)| [id, claim, &lease_until, &owner]).map(drop)
}

/// Cells of active runs whose leases ended before `now`. They are looked for by reading, because an index by
/// lease would cost every claim and every finish more than this costs every ten seconds.
pub fn expired(conn: &mut Conn, now: Millis) -> Result<Vec<i64>> {
    const EXPIRED: Sql = Sql::new(
        "SELECT c.id FROM runs r JOIN cells c ON c.id >= r.first_cell AND c.id < r.first_cell + r.cell_count \
         WHERE r.state IN ('preparing', 'queued', 'running', 'paused') \
         AND c.state = 'leased' AND c.lease_until < $1 ORDER BY c.id",
    );
    conn.query_all(EXPIRED, &[&now])
}

/// Gives back those of these leases that ended before `now`. Returns how many there were.
pub fn release_expired(conn: &mut Conn, cells: &[i64], now: Millis) -> Result<u64> {
    const RELEASE: Sql = Sql::new(
        "UPDATE cells SET state = 'pending', owner = NULL, lease_until = NULL \
         WHERE id = $1 AND state = 'leased' AND lease_until < $2",
    );
    Ok(conn.execute_many(RELEASE, cells, |id| [id, &now])?.iter().sum())
}

/// Gives back the leases of owners that are no more. On a file nobody else lives, because this process has its
/// lock; on a server each instance holds a lock of its own, which ends with its connection.
pub fn release_dead(conn: &mut Conn, me: InstanceId) -> Result<u64> {
    const OWNERS: Sql = Sql::new(
        "SELECT DISTINCT c.owner FROM runs r JOIN cells c \
         ON c.id >= r.first_cell AND c.id < r.first_cell + r.cell_count \
         WHERE r.state IN ('preparing', 'queued', 'running', 'paused') AND c.state = 'leased' AND c.owner <> $1",
    );
    const RELEASE: Sql = Sql::new(
        "UPDATE cells SET state = 'pending', owner = NULL, lease_until = NULL WHERE state = 'leased' \
         AND owner = $1 AND id IN (SELECT c.id FROM runs r JOIN cells c \
         ON c.id >= r.first_cell AND c.id < r.first_cell + r.cell_count \
         WHERE r.state IN ('preparing', 'queued', 'running', 'paused') AND c.state = 'leased')",
    );
    let mut released = 0;
    for owner in conn.query_all::<InstanceId>(OWNERS, &[&me])? {
        if instances::is_dead(conn, owner)? {
            released += conn.execute(RELEASE, &[&owner])?;
        }
    }
    Ok(released)
}

/// Gives back the leases of these cells, each `(id, claim)`, as far as their claims are still good.
pub fn release(conn: &mut Conn, cells: &[(i64, i64)]) -> Result<()> {
    const RELEASE: Sql = Sql::new(
        "UPDATE cells SET state = 'pending', owner = NULL, lease_until = NULL \
         WHERE id = $1 AND claim = $2 AND state = 'leased'",
    );
    conn.execute_many(RELEASE, cells, |(id, claim)| [id, claim]).map(drop)
}

/// The cells of active runs that are leased to an owner, each `(id, claim)`.
pub fn leased_by(conn: &mut Conn, owner: InstanceId) -> Result<Vec<(i64, i64)>> {
    const LEASED: Sql = Sql::new(
        "SELECT c.id, c.claim FROM runs r JOIN cells c ON c.id >= r.first_cell AND c.id < r.first_cell + r.cell_count \
         WHERE r.state IN ('preparing', 'queued', 'running', 'paused') AND c.state = 'leased' AND c.owner = $1",
    );
    conn.query_all(LEASED, &[&owner])
}

/// Cancels up to `limit` open cells of a cancelled run, from a position on. Returns the position after the last
/// one that was looked at, or None when no cell is open any more.
pub fn cancel_open(
    conn: &mut Conn,
    run: RunId,
    cells: CellRange,
    matrix: Matrix,
    from: i64,
    limit: i64,
) -> Result<Option<i64>> {
    const CANCEL: Sql = Sql::new(
        "UPDATE cells SET state = 'cancelled', owner = NULL, lease_until = NULL \
         WHERE id >= $1 AND id < $2 AND id IN (SELECT id FROM cells WHERE id >= $1 AND id < $2 \
         AND state IN ('pending', 'leased') ORDER BY id LIMIT $3) RETURNING id",
    );
    const COUNT: Sql =
        Sql::new("UPDATE run_columns SET cancelled = cancelled + $3 WHERE run_id = $1 AND position = $2");
    const LEFT: Sql =
        Sql::new("UPDATE runs SET open_cells = open_cells - $2 WHERE id = $1 RETURNING open_cells");
    let cancelled: Vec<i64> = conn.query_all(CANCEL, &[&cells.id(from), &cells.end(), &limit])?;
    let cancelled = positions(cells, cancelled);
    for (column, count) in by_column(matrix, &cancelled) {
        conn.execute(COUNT, &[&run, &column, &count])?;
    }
    let left: i64 = conn.query_one(LEFT, &[&run, &cancelled.len()])?;
    Ok(cancelled.last().filter(|_| left > 0).map(|last| last + 1))
}

/// The positions of these cells, sorted.
fn positions(cells: CellRange, mut ids: Vec<i64>) -> Vec<i64> {
    for id in &mut ids {
        *id = cells.position(*id);
    }
    ids.sort_unstable();
    ids
}

/// The column that a position lies in.
fn column(matrix: Matrix, position: i64) -> i64 {
    position / i64::from(matrix.rows()).max(1)
}

/// How many of the sorted positions lie in which column.
fn by_column(matrix: Matrix, positions: &[i64]) -> Vec<(i64, i64)> {
    let chunks = positions.chunk_by(|one, other| column(matrix, *one) == column(matrix, *other));
    chunks.map(|chunk| (column(matrix, chunk[0]), i64::try_from(chunk.len()).unwrap_or(i64::MAX))).collect()
}

/// Id and verdict of every finished cell, for filters over the whole run.
pub fn verdicts(conn: &mut Conn, cells: CellRange) -> Result<Vec<(i64, Option<String>)>> {
    const VERDICTS: Sql = Sql::new(
        "SELECT id, verdict FROM cells WHERE id >= $1 AND id < $2 AND state = 'finished' ORDER BY id",
    );
    conn.query_all(VERDICTS, &[&cells.first, &cells.end()])
}

/// Up to `limit` cells whose verdict is `error`, from a position on: their positions, in order.
pub fn with_error(conn: &mut Conn, cells: CellRange, from: i64, limit: i64) -> Result<Vec<i64>> {
    const FIND: Sql = Sql::new(
        "SELECT id FROM cells WHERE id >= $1 AND id < $2 AND state = 'finished' AND verdict = 'error' \
         ORDER BY id LIMIT $3",
    );
    Ok(positions(cells, conn.query_all(FIND, &[&cells.id(from), &cells.end(), &limit])?))
}

/// Puts all cells that [`with_error`] has just found back into the queue, their results and what was counted of
/// them removed.
pub fn put_back(
    conn: &mut Conn,
    run: RunId,
    cells: CellRange,
    matrix: Matrix,
    positions: &[i64],
) -> Result<()> {
    type Erred = (i64, Option<i64>, Json<Usage>, Json<Timings>, Option<NanoDollars>);
    const ERRED: Sql = Sql::new(
        "SELECT c.id, c.latency_ms, r.usage, r.timings, CASE WHEN r.cached_from IS NULL THEN r.cost END \
         FROM cells c JOIN cell_results r ON r.cell_id = c.id \
         WHERE c.id >= $1 AND c.id <= $2 AND c.state = 'finished' AND c.verdict = 'error'",
    );
    const BYTES: Sql = Sql::new(
        "SELECT CAST(COALESCE(SUM(OCTET_LENGTH(headline) + OCTET_LENGTH(reason) + OCTET_LENGTH(preview) \
         + OCTET_LENGTH(prompt_hash) + COALESCE(OCTET_LENGTH(server), 0) + COALESCE(OCTET_LENGTH(digest), 0) \
         + COALESCE(OCTET_LENGTH(finish_reason), 0) + OCTET_LENGTH(usage) + OCTET_LENGTH(timings) \
         + OCTET_LENGTH(parameters) + OCTET_LENGTH(notes) + OCTET_LENGTH(outcomes) + OCTET_LENGTH(prompt) \
         + OCTET_LENGTH(output) + COALESCE(OCTET_LENGTH(tool_calls), 0) \
         + COALESCE(OCTET_LENGTH(thinking), 0)), 0) AS BIGINT) \
         FROM cell_results WHERE cell_id IN (SELECT id FROM cells WHERE id >= $1 AND id <= $2 \
         AND state = 'finished' AND verdict = 'error')",
    );
    // The result that says all of a single call goes away.
    const KEEP: Sql = Sql::new(
        "INSERT INTO attempts (cell_id, number, started_at, latency_ms) \
         SELECT c.id, 1, r.started_at, c.latency_ms FROM cells c JOIN cell_results r ON r.cell_id = c.id \
         WHERE c.id = $1 AND c.attempts = 1 AND c.latency_ms IS NOT NULL",
    );
    const RETRY: Sql = Sql::new(
        "UPDATE cells SET state = 'pending', verdict = NULL, score = NULL, latency_ms = NULL, \
         completion_tokens = NULL WHERE id = $1",
    );
    const RESULT: Sql = Sql::new("DELETE FROM cell_results WHERE cell_id = $1");
    const OPEN: Sql = Sql::new(
        "UPDATE runs SET open_cells = open_cells + $2, stored_bytes = stored_bytes - $3 WHERE id = $1",
    );
    let (Some(first), Some(last)) = (positions.first(), positions.last()) else { return Ok(()) };
    let ids: Vec<i64> = positions.iter().map(|position| cells.id(*position)).collect();
    let erred: Vec<Erred> = conn.query_all(ERRED, &[&cells.id(*first), &cells.id(*last)])?;
    let bytes: i64 = conn.query_one(BYTES, &[&cells.id(*first), &cells.id(*last)])?;
    let counted = erred.into_iter().map(|(id, latency_ms, Json(usage), Json(timings), paid)| {
        let answered = latency_ms.map(|latency_ms| Finished {
            latency_ms,
            generation_ms: timings.generation_ms,
            prompt_tokens: usage.prompt_tokens,
            completion_tokens: usage.completion_tokens,
        });
        let column = column(matrix, cells.position(id));
        Counted { column, verdict: Some(Verdict::Error), answered, paid, metric_scores: &[] }
    });
    run_columns::uncount(conn, run, counted)?;
    for statement in [KEEP, RETRY, RESULT] {
        conn.execute_many(statement, &ids, |id| [id])?;
    }
    conn.execute(OPEN, &[&run, &positions.len(), &bytes]).map(drop)
}
