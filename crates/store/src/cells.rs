//! Cells: the queue that they are, and the results that they get.

use domain::clock::Millis;
use domain::ids::{InstanceId, RunId};
use domain::matrix::{Coordinates, Matrix};
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
pub fn insert(conn: &mut Conn, run: RunId, matrix: Matrix, from: u64, to: u64) -> Result<()> {
    const CELLS: InsertMany<7> = InsertMany::new(
        "INSERT INTO cells (run_id, position, model_position, version_position, case_position, repeat, state)",
        "",
    );
    let cells: Vec<(u64, Coordinates)> = (from..to)
        .map_while(|position| matrix.coordinates(position).map(|coordinates| (position, coordinates)))
        .collect();
    conn.insert_many(&CELLS, &cells, |(position, at)| {
        [&run, position, &at.model, &at.version, &at.case, &at.repeat, &"pending"]
    })
    .map(drop)
}

/// Leases up to `limit` pending cells of one model of a run, lowest numbers first.
pub fn claim(
    conn: &mut Conn,
    run: RunId,
    model: i64,
    limit: i64,
    owner: InstanceId,
    lease_until: Millis,
) -> Result<Vec<ClaimedCell>> {
    const CLAIM: Sql = Sql::new(
        "UPDATE cells SET state = 'leased', claim = claim + 1, owner = $4, lease_until = $5 \
         WHERE run_id = $1 AND position IN (SELECT position FROM cells WHERE run_id = $1 \
         AND model_position = $2 AND state = 'pending' ORDER BY position LIMIT $3) \
         AND EXISTS (SELECT 1 FROM runs WHERE id = $1 AND state IN ('queued', 'running')) \
         RETURNING position, claim, attempts",
    );
    let mut claimed: Vec<ClaimedCell> =
        conn.query_all(CLAIM, &[&run, &model, &limit, &owner, &lease_until])?;
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
        "UPDATE cells SET state = 'pending', owner = NULL, lease_until = NULL WHERE state = 'leased'",
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

/// Cancels up to `limit` open cells of a cancelled run. Returns how many cells are still open.
pub fn cancel_open(conn: &mut Conn, run: RunId, limit: i64) -> Result<i64> {
    const CANCEL: Sql = Sql::new(
        "UPDATE cells SET state = 'cancelled', owner = NULL, lease_until = NULL WHERE run_id = $1 \
         AND position IN (SELECT position FROM cells WHERE run_id = $1 AND state IN ('pending', 'leased') \
         ORDER BY position LIMIT $2) RETURNING model_position, version_position",
    );
    const COUNT: Sql = Sql::new(
        "UPDATE run_columns SET cancelled = cancelled + $3 WHERE run_id = $1 AND position = $2 + \
         $4 * (SELECT versions FROM runs WHERE id = $1)",
    );
    const LEFT: Sql =
        Sql::new("UPDATE runs SET open_cells = open_cells - $2 WHERE id = $1 RETURNING open_cells");
    let mut cancelled: Vec<(i64, i64)> = conn.query_all(CANCEL, &[&run, &limit])?;
    cancelled.sort_unstable();
    for column in cancelled.chunk_by(|one, other| one == other) {
        let (model, version) = column[0];
        conn.execute(COUNT, &[&run, &version, &column.len(), &model])?;
    }
    conn.query_one(LEFT, &[&run, &cancelled.len()])
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
    /// Number of the event that told the result.
    pub event_number: Option<i64>,
}

macro_rules! cell_columns {
    () => {
        "SELECT position, state, verdict, score, headline, reason, preview, latency_ms, completion_tokens, \
         attempts, event_number FROM cells "
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
            event_number: row.get(10)?,
        })
    }
}

/// One cell.
pub fn get(conn: &mut Conn, run: RunId, position: i64) -> Result<Option<CellRow>> {
    const GET: Sql = Sql::new(concat!(cell_columns!(), "WHERE run_id = $1 AND position = $2"));
    conn.query_opt(GET, &[&run, &position])
}

/// The cells of the cases from one index up to, not including, another, row by row.
pub fn of_cases(conn: &mut Conn, run: RunId, from: i64, to: i64) -> Result<Vec<CellRow>> {
    const OF_CASES: Sql = Sql::new(concat!(
        cell_columns!(),
        "WHERE run_id = $1 AND case_position >= $2 AND case_position < $3 \
         ORDER BY case_position, repeat, version_position, model_position"
    ));
    conn.query_all(OF_CASES, &[&run, &from, &to])
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
        "WHERE run_id = $1 AND position > $2 AND (CAST($3 AS TEXT) IS NULL OR verdict = $3) \
         ORDER BY position LIMIT $4"
    ));
    conn.query_all(PAGE, &[&run, &after, &verdict.map(Verdict::as_str), &limit])
}

/// Finished cells whose event has a number after one, up to and including another, by that number.
pub fn told(conn: &mut Conn, run: RunId, after: i64, up_to: i64, limit: i64) -> Result<Vec<CellRow>> {
    const TOLD: Sql = Sql::new(concat!(
        cell_columns!(),
        "WHERE run_id = $1 AND event_number > $2 AND event_number <= $3 ORDER BY event_number LIMIT $4"
    ));
    conn.query_all(TOLD, &[&run, &after, &up_to, &limit])
}

/// Position, state and verdict of every cell, for filters over the whole run.
pub fn verdicts(conn: &mut Conn, run: RunId) -> Result<Vec<(i64, Option<String>)>> {
    const VERDICTS: Sql =
        Sql::new("SELECT position, verdict FROM cells WHERE run_id = $1 AND state = 'finished'");
    conn.query_all(VERDICTS, &[&run])
}

/// Puts up to `limit` cells whose verdict is `error` back into the queue, their results removed.
/// Returns how many there were.
pub fn retry_errors(conn: &mut Conn, run: RunId, limit: i64) -> Result<usize> {
    const RETRY: Sql = Sql::new(
        "UPDATE cells SET state = 'pending', owner = NULL, lease_until = NULL, event_number = NULL, \
         verdict = NULL, score = NULL, headline = '', reason = '', preview = '', latency_ms = NULL, \
         completion_tokens = NULL WHERE run_id = $1 AND position IN (SELECT position FROM cells \
         WHERE run_id = $1 AND state = 'finished' AND verdict = 'error' ORDER BY position LIMIT $2) \
         RETURNING position, model_position, version_position",
    );
    const OUTCOMES: Sql = Sql::new("DELETE FROM outcomes WHERE run_id = $1 AND cell_position = $2");
    const RESULT: Sql = Sql::new("DELETE FROM cell_results WHERE run_id = $1 AND position = $2");
    const COUNT: Sql = Sql::new(
        "UPDATE run_columns SET error = error - $4 WHERE run_id = $1 AND position = $2 + $3 * \
         (SELECT versions FROM runs WHERE id = $1)",
    );
    const OPEN: Sql = Sql::new("UPDATE runs SET open_cells = open_cells + $2 WHERE id = $1");
    let mut cells: Vec<(i64, i64, i64)> = conn.query_all(RETRY, &[&run, &limit])?;
    for (position, _, _) in &cells {
        conn.execute(OUTCOMES, &[&run, position])?;
        conn.execute(RESULT, &[&run, position])?;
    }
    cells.sort_unstable_by_key(|&(_, model, version)| (model, version));
    for column in cells.chunk_by(|one, other| (one.1, one.2) == (other.1, other.2)) {
        let (_, model, version) = column[0];
        conn.execute(COUNT, &[&run, &version, &model, &column.len()])?;
    }
    conn.execute(OPEN, &[&run, &cells.len()])?;
    Ok(cells.len())
}
