//! Events of runs: their numbers are in the order of the commits that they tell of.

use std::ops::RangeInclusive;

use domain::clock::Millis;
use domain::ids::RunId;

use crate::{Conn, FromRow, Json, Result, Row, Sql};

/// Something that happened to a run, or cells that finished in one commit.
#[derive(Debug, Clone)]
pub struct EventRow {
    /// The number of the event, or of the first cell's.
    pub number: i64,
    /// The number of the last cell's event; else the same.
    pub last_number: i64,
    /// What happened, in the word of the API.
    pub kind: String,
    /// The finished cells, one for each number.
    pub positions: Vec<i64>,
}

impl FromRow for EventRow {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let positions: Option<Json<Vec<i64>>> = row.get(3)?;
        Ok(Self {
            number: row.get(0)?,
            last_number: row.get(1)?,
            kind: row.get(2)?,
            positions: positions.map(|Json(positions)| positions).unwrap_or_default(),
        })
    }
}

const INSERT: Sql = Sql::new(
    "INSERT INTO run_events (run_id, number, last_number, kind, positions, at) VALUES ($1, $2, $3, $4, $5, $6)",
);

pub(crate) fn insert(conn: &mut Conn, run: RunId, number: i64, kind: &str, at: Millis) -> Result<()> {
    conn.execute(INSERT, &[&run, &number, &number, &kind, &None::<String>, &at]).map(drop)
}

pub(crate) fn insert_cells(
    conn: &mut Conn,
    run: RunId,
    numbers: RangeInclusive<i64>,
    positions: &[i64],
    at: Millis,
) -> Result<()> {
    let (first, last) = numbers.into_inner();
    conn.execute(INSERT, &[&run, &first, &last, &"cell_finished", &Json(positions), &at]).map(drop)
}

/// Events with a number after one, in their order: at most `limit` rows.
pub fn after(conn: &mut Conn, run: RunId, number: i64, limit: i64) -> Result<Vec<EventRow>> {
    // The row that the number lies in begins at or before it: it is at most one row further back.
    const AFTER: Sql = Sql::new(
        "SELECT number, last_number, kind, positions FROM run_events WHERE run_id = $1 \
         AND number >= COALESCE((SELECT MAX(number) FROM run_events WHERE run_id = $1 AND number <= $2), 0) \
         AND last_number > $2 ORDER BY number LIMIT $3",
    );
    conn.query_all(AFTER, &[&run, &number, &limit])
}
