//! Counts that an operator watches.

use domain::clock::Millis;
use domain::run::RunState;

use crate::{Conn, FromRow, Result, Row, Sql};

/// The runs of a state, and their cells that are neither finished nor cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenRuns {
    /// What they are doing.
    pub state: RunState,
    /// How many there are.
    pub runs: i64,
    /// How many open cells they have together.
    pub cells: i64,
}

impl FromRow for OpenRuns {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self { state: row.parse(0)?, runs: row.get(1)?, cells: row.get(2)? })
    }
}

/// Runs that have not ended.
pub fn open_runs(conn: &mut Conn) -> Result<Vec<OpenRuns>> {
    const COUNT: Sql = Sql::new(
        "SELECT state, COUNT(*), CAST(SUM(open_cells) AS BIGINT) FROM runs \
         WHERE state IN ('preparing', 'queued', 'running', 'paused') GROUP BY state",
    );
    conn.query_all(COUNT, &[])
}

/// Sessions that have not ended.
pub fn living_sessions(conn: &mut Conn, now: Millis) -> Result<i64> {
    const COUNT: Sql = Sql::new("SELECT COUNT(*) FROM sessions WHERE expires_at > $1 AND ended_at IS NULL");
    conn.query_one(COUNT, &[&now])
}
