//! Removing runs: marked in one step, which makes a run invisible, then taken away in small ones.
//!
//! What is left of a removal that was cut short is found again by its mark.

use std::ops::Range;

use domain::clock::Millis;
use domain::ids::{RunId, WorkspaceId};

use crate::runs::RunRow;
use crate::{Conn, FromRow, Result, Row, Sql};

/// Most rows that one step removes, of all tables together, but for those of one single cell.
pub const STEP_ROWS: i64 = 2_000;
/// Most bytes of long texts that one step removes, but for those of one single cell: a long text has pages of
/// its own, and each of them is work.
pub const STEP_BYTES: i64 = 2 << 20;

macro_rules! removable {
    () => {
        "state IN ('finished', 'cancelled') AND open_cells = 0 AND kept = 0"
    };
}
macro_rules! unlabelled {
    () => {
        " AND NOT EXISTS (SELECT 1 FROM run_versions v \
         JOIN labels l ON l.card_id = v.card_id AND l.version = v.number WHERE v.run_id = runs.id)"
    };
}

/// Marks a run of which a person wants no more. False: there is none, it may have work, or it is kept.
pub fn mark(conn: &mut Conn, workspace: WorkspaceId, run: RunId) -> Result<bool> {
    const MARK: Sql = Sql::new(concat!(
        "UPDATE runs SET state = 'removing' WHERE id = $1 AND workspace_id = $2 AND ",
        removable!()
    ));
    Ok(conn.execute(MARK, &[&run, &workspace])? == 1)
}

/// Runs that ended before a time and that nothing keeps, the first that ended first.
pub fn old(conn: &mut Conn, ended_before: Millis) -> Result<Vec<RunId>> {
    // A run has an end in these two states and in the last, so that it is found by its end.
    const OLD: Sql = Sql::new(concat!(
        "SELECT id FROM runs WHERE finished_at < $1 AND state <> 'removing' AND open_cells = 0 AND kept = 0",
        unlabelled!(),
        " ORDER BY finished_at, id"
    ));
    conn.query_all(OLD, &[&ended_before])
}

/// Marks one of them, if it still is one.
pub fn mark_old(conn: &mut Conn, run: RunId, ended_before: Millis) -> Result<bool> {
    const MARK: Sql = Sql::new(concat!(
        "UPDATE runs SET state = 'removing' WHERE id = $1 AND ",
        removable!(),
        " AND finished_at < $2",
        unlabelled!()
    ));
    Ok(conn.execute(MARK, &[&run, &ended_before])? == 1)
}

/// The oldest run of each workspace whose runs store more than so many bytes, of those that nothing keeps.
pub fn in_excess(conn: &mut Conn, most_bytes: i64) -> Result<Vec<RunId>> {
    const OLDEST: Sql = Sql::new(concat!(
        "SELECT MIN(id) FROM runs WHERE ",
        removable!(),
        unlabelled!(),
        " AND workspace_id IN (SELECT workspace_id FROM runs WHERE state <> 'removing' \
         GROUP BY workspace_id HAVING CAST(SUM(stored_bytes) AS BIGINT) > $1) GROUP BY workspace_id"
    ));
    conn.query_all(OLDEST, &[&most_bytes])
}

/// Marks one of them, if it still is one.
pub fn mark_in_excess(conn: &mut Conn, run: RunId, most_bytes: i64) -> Result<bool> {
    const MARK: Sql = Sql::new(concat!(
        "UPDATE runs SET state = 'removing' WHERE id = $1 AND ",
        removable!(),
        unlabelled!(),
        " AND (SELECT CAST(SUM(r.stored_bytes) AS BIGINT) FROM runs r \
         WHERE r.workspace_id = runs.workspace_id AND r.state <> 'removing') > $2"
    ));
    Ok(conn.execute(MARK, &[&run, &most_bytes])? == 1)
}

/// A run that is marked, if there is one.
pub fn next_marked(conn: &mut Conn) -> Result<Option<RunRow>> {
    const ANY: Sql = Sql::new("SELECT MIN(id) FROM runs WHERE state = 'removing'");
    let marked: Option<RunId> = conn.query_one(ANY, &[])?;
    match marked {
        Some(run) => crate::runs::find(conn, run),
        None => Ok(None),
    }
}

/// What one step takes away of a marked run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The cells with these ids, with their results and attempts.
    Cells(Range<i64>),
    /// The cases up to, not including, this position.
    Cases(i64),
    /// The events up to, not including, this number.
    Events(i64),
    /// The run itself, with its versions, models, columns and shares.
    Run,
}

/// The next step of a marked run. It only reads, so that the writer need not.
pub fn next_step(conn: &mut Conn, run: &RunRow) -> Result<Step> {
    // The lengths stand in the first page of a row: no long text is read.
    const CELLS: Sql = Sql::new(
        "SELECT c.id, CASE WHEN r.cell_id IS NULL THEN 1 ELSE 2 END \
         + (SELECT COUNT(*) FROM attempts a WHERE a.cell_id = c.id), \
         COALESCE(OCTET_LENGTH(r.outcomes) + OCTET_LENGTH(r.prompt) + OCTET_LENGTH(r.output), 0) \
         + COALESCE(OCTET_LENGTH(r.thinking), 0) \
         FROM cells c LEFT JOIN cell_results r ON r.cell_id = c.id \
         WHERE c.id >= $1 AND c.id < $2 ORDER BY c.id LIMIT $3",
    );
    const CASES: Sql = Sql::new(
        "SELECT position, 1, OCTET_LENGTH(content) FROM run_cases WHERE run_id = $1 \
         ORDER BY position LIMIT $2",
    );
    const EVENTS: Sql = Sql::new(
        "SELECT number, 1, COALESCE(OCTET_LENGTH(positions), 0) FROM run_events WHERE run_id = $1 \
         ORDER BY number LIMIT $2",
    );
    let cells = conn.query_all(CELLS, &[&run.cells.first, &run.cells.end(), &STEP_ROWS])?;
    if let Some(end) = end_of_step(&cells) {
        return Ok(Step::Cells(run.cells.first..end));
    }
    let cases = conn.query_all(CASES, &[&run.id, &STEP_ROWS])?;
    if let Some(end) = end_of_step(&cases) {
        return Ok(Step::Cases(end));
    }
    let events = conn.query_all(EVENTS, &[&run.id, &STEP_ROWS])?;
    Ok(end_of_step(&events).map_or(Step::Run, Step::Events))
}

/// What a row is found by, how many rows go with it, and how long its texts are.
struct Weight {
    key: i64,
    rows: i64,
    bytes: i64,
}

impl FromRow for Weight {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self { key: row.get(0)?, rows: row.get(1)?, bytes: row.get(2)? })
    }
}

/// The key after the last one that a step takes: at least one, however heavy it is.
fn end_of_step(weights: &[Weight]) -> Option<i64> {
    let (mut rows, mut bytes) = (0, 0);
    let taken = weights.iter().take_while(|weight| {
        rows += weight.rows;
        bytes += weight.bytes;
        rows <= STEP_ROWS && bytes <= STEP_BYTES
    });
    taken.last().or(weights.first()).map(|last| last.key + 1)
}

/// Takes a step of a marked run. Returns how many rows it removed.
pub fn take_step(conn: &mut Conn, run: &RunRow, step: &Step) -> Result<u64> {
    macro_rules! of_a_marked_run {
        ($delete:literal) => {
            Sql::new(concat!(
                $delete,
                " AND EXISTS (SELECT 1 FROM runs WHERE id = $1 AND state = 'removing')"
            ))
        };
    }
    const CELLS: [Sql; 3] = [
        of_a_marked_run!("DELETE FROM cell_results WHERE cell_id >= $2 AND cell_id < $3"),
        of_a_marked_run!("DELETE FROM attempts WHERE cell_id >= $2 AND cell_id < $3"),
        of_a_marked_run!("DELETE FROM cells WHERE id >= $2 AND id < $3"),
    ];
    const CASES: Sql = of_a_marked_run!("DELETE FROM run_cases WHERE run_id = $1 AND position < $2");
    const EVENTS: Sql = of_a_marked_run!("DELETE FROM run_events WHERE run_id = $1 AND number < $2");
    const RUN: [Sql; 6] = [
        of_a_marked_run!(
            "DELETE FROM share_accounts WHERE share_id IN (SELECT id FROM shares WHERE run_id = $1)"
        ),
        of_a_marked_run!("DELETE FROM shares WHERE run_id = $1"),
        of_a_marked_run!("DELETE FROM run_columns WHERE run_id = $1"),
        of_a_marked_run!("DELETE FROM run_models WHERE run_id = $1"),
        of_a_marked_run!("DELETE FROM run_versions WHERE run_id = $1"),
        Sql::new("DELETE FROM runs WHERE id = $1 AND state = 'removing'"),
    ];
    let mut rows = 0;
    match step {
        Step::Cells(ids) => {
            // The ids come from outside: never more than the run's own.
            let (first, end) = (ids.start.max(run.cells.first), ids.end.min(run.cells.end()));
            for delete in CELLS {
                rows += conn.execute(delete, &[&run.id, &first, &end])?;
            }
        }
        Step::Cases(end) => rows += conn.execute(CASES, &[&run.id, end])?,
        Step::Events(end) => rows += conn.execute(EVENTS, &[&run.id, end])?,
        Step::Run => {
            for delete in RUN {
                rows += conn.execute(delete, &[&run.id])?;
            }
        }
    }
    Ok(rows)
}
