//! Runs: their snapshots, their states and the numbers of their events.

use domain::clock::Millis;
use domain::ids::{ApiKeyId, InstanceId, RunId, SuiteId, WorkspaceId};
use domain::matrix::Matrix;
use domain::run::RunState;

use crate::budgets::Payers;
use crate::cells::CellRange;
use crate::run_inputs::{RunModel, RunVersion};
use crate::{Conn, FromRow, Result, Row, Sql, instances};

/// A run as its row has it.
#[derive(Debug, Clone)]
pub struct RunRow {
    /// The run.
    pub id: RunId,
    /// Its workspace.
    pub workspace_id: WorkspaceId,
    /// Its number in the workspace, from 1.
    pub number: i64,
    /// What it is doing.
    pub state: RunState,
    /// The suite its cases came from.
    pub suite_id: SuiteId,
    /// Its size.
    pub matrix: Matrix,
    /// The ids of its cells.
    pub cells: CellRange,
    /// Cells that are neither finished nor cancelled.
    pub open_cells: i64,
    /// Number of its last event.
    pub event_seq: i64,
    /// Whether all its models are simulated.
    pub simulated: bool,
    /// What it is for.
    pub note: String,
    /// Whether its cells may take the answers of earlier runs.
    pub cache: bool,
    /// Whether somebody wants it kept.
    pub kept: bool,
    /// Bytes of the texts of its cases and results.
    pub stored_bytes: i64,
    /// Who started it.
    pub created_by: String,
    /// When it was started.
    pub created_at: Millis,
    /// When its first cell was begun.
    pub started_at: Option<Millis>,
    /// When it was finished, or the last of its cells was cancelled.
    pub finished_at: Option<Millis>,
    /// The API key that started it, if one did.
    pub api_key: Option<ApiKeyId>,
    /// Why the server paused it, if it did.
    pub pause_reason: Option<String>,
}

impl RunRow {
    /// Who uses what its cells use.
    pub fn payers(&self) -> Payers {
        Payers { workspace: self.workspace_id, api_key: self.api_key }
    }
}

macro_rules! run_columns {
    () => {
        "SELECT runs.id, runs.workspace_id, runs.number, runs.state, runs.suite_id, runs.versions, runs.models, \
         runs.cases, runs.repeats, runs.open_cells, runs.event_seq, runs.simulated, runs.note, runs.created_by, \
         runs.created_at, runs.started_at, runs.finished_at, runs.first_cell, runs.cell_count, runs.kept, \
         runs.stored_bytes, runs.cache, runs.api_key_id, runs.pause_reason FROM runs "
    };
}
pub(crate) use run_columns;

impl FromRow for RunRow {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            workspace_id: row.get(1)?,
            number: row.get(2)?,
            state: row.parse(3)?,
            suite_id: row.get(4)?,
            matrix: Matrix {
                versions: row.get(5)?,
                models: row.get(6)?,
                cases: row.get(7)?,
                repeats: row.get(8)?,
            },
            open_cells: row.get(9)?,
            event_seq: row.get(10)?,
            simulated: row.get(11)?,
            note: row.get(12)?,
            created_by: row.get(13)?,
            created_at: row.get(14)?,
            started_at: row.get(15)?,
            finished_at: row.get(16)?,
            cells: CellRange { first: row.get(17)?, count: row.get(18)? },
            kept: row.get(19)?,
            stored_bytes: row.get(20)?,
            cache: row.get(21)?,
            api_key: row.get(22)?,
            pause_reason: row.get(23)?,
        })
    }
}

/// What a new run is made of.
#[derive(Debug, Clone)]
pub struct NewRun {
    /// The run.
    pub id: RunId,
    /// Its workspace.
    pub workspace_id: WorkspaceId,
    /// The suite its cases come from.
    pub suite_id: SuiteId,
    /// Its size.
    pub matrix: Matrix,
    /// Who prepares it.
    pub prepared_by: InstanceId,
    /// Hash of what is run.
    pub fingerprint: String,
    /// Whether all its models are simulated.
    pub simulated: bool,
    /// What it is for.
    pub note: String,
    /// Whether its cells may take the answers of earlier runs.
    pub cache: bool,
    /// Of each column, the hash of what its answers depend on beside prompt and repeat. None: they are simulated.
    pub cache_scopes: Vec<Option<String>>,
    /// Who starts it.
    pub created_by: String,
    /// With which API key, if with one.
    pub api_key: Option<ApiKeyId>,
    /// When it is started.
    pub created_at: Millis,
    /// Its versions.
    pub versions: Vec<RunVersion>,
    /// Its models.
    pub models: Vec<RunModel>,
}

/// Run, its number and the cell's position, of a cell that is still there.
pub fn of_cell(conn: &mut Conn, cell: i64) -> Result<Option<(RunId, i64, i64)>> {
    const OF_CELL: Sql = Sql::new(
        "SELECT id, number, $1 - first_cell, first_cell + cell_count FROM runs WHERE first_cell <= $1 \
         AND cell_count > 0 AND state <> 'removing' ORDER BY first_cell DESC LIMIT 1",
    );
    let found: Option<(RunId, i64, i64, i64)> = conn.query_opt(OF_CELL, &[&cell])?;
    Ok(found.filter(|(.., end)| cell < *end).map(|(run, number, position, _)| (run, number, position)))
}

/// Inserts the run in the state `preparing`, with its versions, models and columns, and gives it the ids of its
/// cells.
pub fn prepare(conn: &mut Conn, run: &NewRun) -> Result<CellRange> {
    const NUMBER: Sql =
        Sql::new("UPDATE workspaces SET last_run = last_run + 1 WHERE id = $1 RETURNING last_run");
    const CELLS: Sql =
        Sql::new("UPDATE counters SET value = value + $1 WHERE name = 'cells' RETURNING value");
    const RUN: Sql = Sql::new(
        "INSERT INTO runs (id, workspace_id, number, state, suite_id, versions, models, cases, repeats, \
         first_cell, cell_count, open_cells, prepared_by, fingerprint, simulated, note, created_by, created_at, \
         cache, api_key_id) \
         VALUES ($1, $2, $3, 'preparing', $4, $5, $6, $7, $8, $9, $10, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
    );
    const VERSION: Sql = Sql::new(
        "INSERT INTO run_versions (run_id, position, card_id, slug, title, number, content, includes) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    );
    const MODEL: Sql = Sql::new(
        "INSERT INTO run_models (run_id, position, provider, kind, name, digest, context_length, simulated, \
         parameters) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    );
    const COLUMN: Sql =
        Sql::new("INSERT INTO run_columns (run_id, position, cache_scope) VALUES ($1, $2, $3)");

    let number: i64 = conn.query_one(NUMBER, &[&run.workspace_id])?;
    let count = i64::try_from(run.matrix.cells()).unwrap_or(i64::MAX);
    let end: i64 = conn.query_one(CELLS, &[&count])?;
    let cells = CellRange { first: end - count, count };
    conn.execute(
        RUN,
        &[
            &run.id,
            &run.workspace_id,
            &number,
            &run.suite_id,
            &run.matrix.versions,
            &run.matrix.models,
            &run.matrix.cases,
            &run.matrix.repeats,
            &cells.first,
            &cells.count,
            &run.prepared_by,
            &run.fingerprint,
            &run.simulated,
            &run.note,
            &run.created_by,
            &run.created_at,
            &run.cache,
            &run.api_key,
        ],
    )?;
    for (position, version) in (0_i64..).zip(&run.versions) {
        conn.execute(
            VERSION,
            &[
                &run.id,
                &position,
                &version.card_id,
                &version.slug,
                &version.title,
                &version.number,
                &version.content,
                &version.includes,
            ],
        )?;
    }
    for (position, model) in (0_i64..).zip(&run.models) {
        conn.execute(
            MODEL,
            &[
                &run.id,
                &position,
                &model.provider,
                &model.kind,
                &model.name,
                &model.digest,
                &model.context_length,
                &model.simulated,
                &model.parameters,
            ],
        )?;
    }
    for (position, scope) in (0_i64..).zip(&run.cache_scopes) {
        conn.execute(COLUMN, &[&run.id, &position, scope])?;
    }
    Ok(cells)
}

/// Makes a prepared run visible, with its first event.
pub fn publish(conn: &mut Conn, run: RunId, at: Millis) -> Result<Option<i64>> {
    change_state(conn, run, &[RunState::Preparing], RunState::Queued, "run_queued", at)
}

/// The active run of this fingerprint, if there is one.
pub fn find_active(conn: &mut Conn, workspace: WorkspaceId, fingerprint: &str) -> Result<Option<RunId>> {
    const FIND: Sql = Sql::new(
        "SELECT MIN(id) FROM runs WHERE state IN ('queued', 'running', 'paused') AND workspace_id = $1 \
         AND fingerprint = $2",
    );
    conn.query_one(FIND, &[&workspace, &fingerprint])
}

/// Removes a run that never became visible; one that did is left as it is.
pub fn discard(conn: &mut Conn, run: RunId) -> Result<()> {
    const STATEMENTS: [Sql; 6] = [
        Sql::new(
            "DELETE FROM cells WHERE id >= (SELECT first_cell FROM runs WHERE id = $1) \
             AND id < (SELECT first_cell + cell_count FROM runs WHERE id = $1)",
        ),
        Sql::new("DELETE FROM run_cases WHERE run_id = $1"),
        Sql::new("DELETE FROM run_columns WHERE run_id = $1"),
        Sql::new("DELETE FROM run_models WHERE run_id = $1"),
        Sql::new("DELETE FROM run_versions WHERE run_id = $1"),
        Sql::new("DELETE FROM runs WHERE id = $1"),
    ];
    // Changes nothing, but keeps the row from becoming visible meanwhile.
    const IS_PREPARING: Sql =
        Sql::new("UPDATE runs SET state = 'preparing' WHERE id = $1 AND state = 'preparing'");
    if conn.execute(IS_PREPARING, &[&run])? == 0 {
        return Ok(());
    }
    for statement in STATEMENTS {
        conn.execute(statement, &[&run])?;
    }
    Ok(())
}

/// Removes the runs whose start was cut short, because the instance that prepared them is no more.
pub fn discard_abandoned(conn: &mut Conn) -> Result<Vec<RunId>> {
    const PREPARING: Sql = Sql::new("SELECT id, prepared_by FROM runs WHERE state = 'preparing' ORDER BY id");
    let mut discarded = Vec::new();
    for (run, instance) in conn.query_all::<(RunId, InstanceId)>(PREPARING, &[])? {
        if instances::is_dead(conn, instance)? {
            discard(conn, run)?;
            discarded.push(run);
        }
    }
    Ok(discarded)
}

/// Runs in one of the states in which there may be work, oldest first.
pub fn active(conn: &mut Conn) -> Result<Vec<RunRow>> {
    const ACTIVE: Sql = Sql::new(concat!(
        run_columns!(),
        "WHERE state IN ('preparing', 'queued', 'running', 'paused') ORDER BY id"
    ));
    conn.query_all(ACTIVE, &[])
}

/// Cancelled runs whose cells are not all cancelled yet, oldest first.
pub fn half_cancelled(conn: &mut Conn) -> Result<Vec<RunRow>> {
    const HALF: Sql =
        Sql::new(concat!(run_columns!(), "WHERE state = 'cancelled' AND finished_at IS NULL ORDER BY id"));
    conn.query_all(HALF, &[])
}

/// Runs whose state contradicts their open cells: finished with some, or active without any.
pub fn contradictory(conn: &mut Conn) -> Result<Vec<RunRow>> {
    const CONTRADICTORY: Sql = Sql::new(concat!(
        run_columns!(),
        "WHERE (state = 'finished' AND open_cells > 0) \
         OR (state IN ('queued', 'running', 'paused') AND open_cells = 0) ORDER BY id"
    ));
    conn.query_all(CONTRADICTORY, &[])
}

/// The run, unless it is still being prepared or was removed.
pub fn get(conn: &mut Conn, workspace: WorkspaceId, run: RunId) -> Result<Option<RunRow>> {
    const GET: Sql = Sql::new(concat!(
        run_columns!(),
        "WHERE id = $1 AND workspace_id = $2 AND state NOT IN ('preparing', 'removing')"
    ));
    conn.query_opt(GET, &[&run, &workspace])
}

/// The run, of whatever workspace and in whatever state.
pub fn find(conn: &mut Conn, run: RunId) -> Result<Option<RunRow>> {
    const FIND: Sql = Sql::new(concat!(run_columns!(), "WHERE id = $1"));
    conn.query_opt(FIND, &[&run])
}

/// Marks a queued run as running. Returns the number of the event that says so, or None if it was begun before.
pub fn begin(conn: &mut Conn, run: RunId, at: Millis) -> Result<Option<i64>> {
    change_state(conn, run, &[RunState::Queued], RunState::Running, "run_started", at)
}

/// Says whether the run is to be kept. False: the workspace has no such run that can be seen.
pub fn set_kept(conn: &mut Conn, workspace: WorkspaceId, run: RunId, kept: bool) -> Result<bool> {
    const SET: Sql = Sql::new(
        "UPDATE runs SET kept = $3 WHERE id = $1 AND workspace_id = $2 \
         AND state NOT IN ('preparing', 'removing')",
    );
    Ok(conn.execute(SET, &[&run, &workspace, &kept])? == 1)
}

/// Moves the run from one of the states to another and numbers the event that says so.
/// Returns the event's number, or None if the run was in none of those states.
pub fn change_state(
    conn: &mut Conn,
    run: RunId,
    from: &'static [RunState],
    to: RunState,
    event: &'static str,
    at: Millis,
) -> Result<Option<i64>> {
    const CHANGE: Sql = Sql::new(
        "UPDATE runs SET state = $3, event_seq = event_seq + 1, pause_reason = NULL, \
         started_at = CASE WHEN $3 = 'running' AND started_at IS NULL THEN $4 ELSE started_at END, \
         finished_at = CASE WHEN $3 = 'finished' OR ($3 = 'cancelled' AND open_cells = 0) THEN $4 ELSE NULL END \
         WHERE id = $1 AND state = $2 RETURNING event_seq",
    );
    for state in from {
        let number: Option<i64> = conn.query_opt(CHANGE, &[&run, &state.as_str(), &to.as_str(), &at])?;
        if let Some(number) = number {
            crate::run_events::insert(conn, run, number, event, at)?;
            conn.tell()?;
            return Ok(Some(number));
        }
    }
    Ok(None)
}

/// Pauses a run whose payers may use no more today, and says why. Returns the event's number, or None if it was not
/// at work.
pub fn pause(conn: &mut Conn, run: RunId, reason: &str, at: Millis) -> Result<Option<i64>> {
    const AT_WORK: &[RunState] = &[RunState::Running, RunState::Queued];
    const SAY_WHY: Sql = Sql::new("UPDATE runs SET pause_reason = $2 WHERE id = $1");
    let number = change_state(conn, run, AT_WORK, RunState::Paused, "run_paused", at)?;
    if number.is_some() {
        conn.execute(SAY_WHY, &[&run, &reason])?;
    }
    Ok(number)
}

/// Goes on with a finished run that has open cells. Returns the event's number, or None if it was not finished.
pub fn reopen(conn: &mut Conn, run: RunId, at: Millis) -> Result<Option<i64>> {
    change_state(conn, run, &[RunState::Finished], RunState::Running, "run_resumed", at)
}

/// Finishes a run whose last cell has finished. Returns the event's number, or None if it was not running.
pub fn finish(conn: &mut Conn, run: RunId, at: Millis) -> Result<Option<i64>> {
    const ACTIVE: &[RunState] = &[RunState::Running, RunState::Paused, RunState::Queued];
    change_state(conn, run, ACTIVE, RunState::Finished, "run_finished", at)
}

/// Keeps others from changing the run, or what is counted of it, until this transaction ends.
pub fn lock(conn: &mut Conn, run: RunId) -> Result<()> {
    const LOCK: Sql = Sql::new("UPDATE runs SET state = state WHERE id = $1");
    conn.execute(LOCK, &[&run]).map(drop)
}

/// Number of the run's last event. None if there is no such run.
pub fn event_seq(conn: &mut Conn, run: RunId) -> Result<Option<i64>> {
    const SEQ: Sql = Sql::new("SELECT event_seq FROM runs WHERE id = $1");
    conn.query_opt(SEQ, &[&run])
}
