//! Results of finished cells: the long texts, and all that is stored together with them.

use domain::budget::{DailyUsage, Day};
use domain::clock::Millis;
use domain::cost::NanoDollars;
use domain::ids::RunId;
use domain::verdict::{MetricScore, Outcome};

use crate::budgets::{self, Payers};
use crate::cells::{CellRange, CellRow};
use crate::run_columns::{self, ColumnRow, Counted, Finished};
use crate::{Conn, Error, FromRow, InsertMany, Json, Result, Row, Sql};

/// The long part of a finished cell.
#[derive(Debug, Clone)]
pub struct CellResult {
    /// The rendered messages, as JSON.
    pub prompt: String,
    /// SHA-256 of the rendered messages.
    pub prompt_hash: String,
    /// The parameters of the call, as JSON.
    pub parameters: String,
    /// Address of the model server that answered. None: none did.
    pub server: Option<String>,
    /// Digest of the model that answered.
    pub digest: Option<String>,
    /// The answer.
    pub output: String,
    /// Tools that the model asked to be called, as JSON. None: it asked for none.
    pub tool_calls: Option<String>,
    /// What the model thought before it.
    pub thinking: Option<String>,
    /// Why the generation ended, in the server's word.
    pub finish_reason: Option<String>,
    /// What the call cost that brought the answer. None: that is not known.
    pub cost: Option<NanoDollars>,
    /// Tokens, as JSON.
    pub usage: String,
    /// Timings, as JSON.
    pub timings: String,
    /// What was changed before storing, as JSON.
    pub notes: String,
    /// What each assertion found, in the order of the case.
    pub outcomes: Vec<Outcome>,
    /// When the cell was begun.
    pub started_at: Millis,
    /// When its result was there.
    pub finished_at: Millis,
}

impl FromRow for CellResult {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            prompt: row.get(0)?,
            prompt_hash: row.get(1)?,
            parameters: row.get(2)?,
            digest: row.get(3)?,
            output: row.get(4)?,
            thinking: row.get(5)?,
            finish_reason: row.get(6)?,
            usage: row.get(7)?,
            timings: row.get(8)?,
            notes: row.get(9)?,
            started_at: row.get(10)?,
            finished_at: row.get(11)?,
            outcomes: row.get::<Json<_>>(12)?.0,
            server: row.get(13)?,
            tool_calls: row.get(14)?,
            cost: row.get(15)?,
        })
    }
}

/// The long part of a cell. None while it is not finished.
pub fn result(conn: &mut Conn, cell: i64) -> Result<Option<CellResult>> {
    const RESULT: Sql = Sql::new(
        "SELECT prompt, prompt_hash, parameters, digest, output, thinking, finish_reason, usage, timings, \
         notes, started_at, finished_at, outcomes, server, tool_calls, cost FROM cell_results WHERE cell_id = $1",
    );
    conn.query_opt(RESULT, &[&cell])
}

/// Id and output of finished cells after a position, in their order, for searching.
pub fn outputs(conn: &mut Conn, cells: CellRange, after: i64, limit: i64) -> Result<Vec<(i64, String)>> {
    const OUTPUTS: Sql = Sql::new(
        "SELECT cell_id, output FROM cell_results WHERE cell_id > $1 AND cell_id < $2 \
         ORDER BY cell_id LIMIT $3",
    );
    conn.query_all(OUTPUTS, &[&cells.id(after), &cells.id(cells.count), &limit])
}

/// One call of the model.
#[derive(Debug, Clone)]
pub struct AttemptRow {
    /// Its number in the cell, from 1.
    pub number: i64,
    /// When it was begun.
    pub started_at: Millis,
    /// How long it took.
    pub latency_ms: i64,
    /// What kind of failure it ended in, if it did.
    pub error_kind: Option<String>,
    /// The failure in a sentence.
    pub error_detail: Option<String>,
}

impl FromRow for AttemptRow {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            number: row.get(0)?,
            started_at: row.get(1)?,
            latency_ms: row.get(2)?,
            error_kind: row.get(3)?,
            error_detail: row.get(4)?,
        })
    }
}

/// All that is known of a cell when it is finished.
#[derive(Debug, Clone)]
pub struct FinishedCell {
    /// What the matrix shows.
    pub facts: CellRow,
    /// The claim under which it was worked on.
    pub claim: i64,
    /// Its column in the matrix.
    pub column: i64,
    /// What is counted of it, if the model answered.
    pub answered: Option<Finished>,
    /// What its assertions add up to by metric. Only one that passed or failed has some.
    pub metric_scores: Vec<MetricScore>,
    /// The long part.
    pub result: CellResult,
    /// The calls made under this claim.
    pub attempts: Vec<AttemptRow>,
    /// What those calls used.
    pub used: DailyUsage,
}

/// A cell that goes back into the queue, with the calls that were made for it in vain.
#[derive(Debug, Clone)]
pub struct ParkedCell {
    /// The cell.
    pub id: i64,
    /// The claim under which it was worked on.
    pub claim: i64,
    /// How many calls were made for it in all.
    pub attempts_in_all: i64,
    /// The calls made under this claim.
    pub attempts: Vec<AttemptRow>,
    /// What those calls used.
    pub used: DailyUsage,
}

/// Puts a cell back into the queue with its calls and what they used. A cell whose claim is no longer good is left
/// alone.
pub fn park(conn: &mut Conn, payers: Payers, cell: &ParkedCell, at: Millis) -> Result<()> {
    const PARK: Sql = Sql::new(
        "UPDATE cells SET state = 'pending', owner = NULL, lease_until = NULL, attempts = $3 \
         WHERE id = $1 AND claim = $2 AND state = 'leased'",
    );
    if conn.execute(PARK, &[&cell.id, &cell.claim, &cell.attempts_in_all])? == 0 {
        return Ok(());
    }
    let rows: Vec<(i64, &AttemptRow)> = cell.attempts.iter().map(|attempt| (cell.id, attempt)).collect();
    insert_attempt_rows(conn, &rows)?;
    budgets::add(conn, payers, Day::of(at), cell.used)
}

/// What storing a batch of finished cells of one run came to.
#[derive(Debug)]
pub struct Stored {
    /// The number of the first event of the batch: each accepted cell has the next one, in their order.
    pub first: i64,
    /// Number of the last event, that of the run's end included.
    pub last: i64,
    /// Of each cell of the batch, whether its claim was still good and its result was stored.
    pub accepted: Vec<bool>,
    /// The columns that were touched, as they are now.
    pub columns: Vec<ColumnRow>,
    /// Whether this batch finished the run.
    pub finished: bool,
}

/// Stores finished cells of one run: results, attempts, counters, what was used and event numbers, together.
///
/// A cell whose claim is no longer good is left alone: somebody else has it by now, or has finished it.
pub fn finish(
    conn: &mut Conn,
    run: RunId,
    range: CellRange,
    payers: Payers,
    cells: &[FinishedCell],
    at: Millis,
) -> Result<Stored> {
    const COUNT: Sql = Sql::new(
        "UPDATE runs SET event_seq = event_seq + $2, open_cells = open_cells - $2, \
         stored_bytes = stored_bytes + $3 WHERE id = $1 RETURNING event_seq, open_cells",
    );
    let accepted = close(conn, cells)?;
    let stored: Vec<&FinishedCell> =
        cells.iter().zip(&accepted).filter(|(_, accepted)| **accepted).map(|(cell, _)| cell).collect();
    let bytes = insert_results(conn, &stored)?;
    insert_attempts(conn, &stored)?;
    let columns = run_columns::count(
        conn,
        run,
        stored.iter().map(|cell| Counted {
            column: cell.column,
            verdict: cell.facts.verdict,
            answered: cell.answered,
            paid: cell.facts.paid,
            metric_scores: &cell.metric_scores,
        }),
    )?;
    let used = stored.iter().fold(DailyUsage::default(), |used, cell| used.plus(cell.used));
    budgets::add(conn, payers, Day::of(at), used)?;
    // The run's row is the last that is locked: until the commit nobody else can number an event of it.
    let counted: Option<(i64, i64)> = conn.query_opt(COUNT, &[&run, &stored.len(), &bytes])?;
    let Some((last, open)) = counted else {
        // The run was cancelled and removed while the model answered.
        return Ok(Stored { first: 0, last: 0, accepted, columns, finished: false });
    };
    let first = last + 1 - i64::try_from(stored.len()).unwrap_or(i64::MAX);
    if !stored.is_empty() {
        let positions: Vec<i64> = stored.iter().map(|cell| range.position(cell.facts.id)).collect();
        crate::run_events::insert_cells(conn, run, first..=last, &positions, at)?;
    }
    let end = if open == 0 { crate::runs::finish(conn, run, at)? } else { None };
    Ok(Stored { first, last: end.unwrap_or(last), accepted, columns, finished: end.is_some() })
}

/// Marks the cells as finished. Of each, whether its claim was still good.
fn close(conn: &mut Conn, cells: &[FinishedCell]) -> Result<Vec<bool>> {
    const CLOSE: Sql = Sql::new(
        "UPDATE cells SET state = 'finished', owner = NULL, lease_until = NULL, attempts = $3, verdict = $4, \
         score = $5, latency_ms = $6, completion_tokens = $7 \
         WHERE id = $1 AND claim = $2 AND state = 'leased'",
    );
    let changed = conn.execute_many(CLOSE, cells, |cell| {
        let facts = &cell.facts;
        [
            &facts.id,
            &cell.claim,
            &facts.attempts,
            &facts.verdict,
            &facts.score,
            &facts.latency_ms,
            &facts.completion_tokens,
        ]
    })?;
    Ok(changed.into_iter().map(|rows| rows == 1).collect())
}

/// Returns how many bytes of text were stored.
fn insert_results(conn: &mut Conn, cells: &[&FinishedCell]) -> Result<usize> {
    const RESULTS: InsertMany<21> = InsertMany::new(
        "INSERT INTO cell_results (cell_id, headline, reason, preview, cached_from, prompt_hash, server, \
         digest, finish_reason, cost, usage, timings, started_at, finished_at, parameters, notes, outcomes, \
         prompt, output, tool_calls, thinking)",
        "",
    );
    let rows = cells
        .iter()
        .map(|cell| {
            let outcomes = serde_json::to_string(&cell.result.outcomes).map_err(|error| {
                Error::Parameter { reason: format!("outcomes cannot be written as JSON: {error}") }
            })?;
            Ok((*cell, outcomes))
        })
        .collect::<Result<Vec<(&FinishedCell, String)>>>()?;
    conn.insert_many(&RESULTS, &rows, |(cell, outcomes)| {
        let (facts, result) = (&cell.facts, &cell.result);
        [
            &facts.id,
            &facts.headline,
            &facts.reason,
            &facts.preview,
            &facts.cached_from,
            &result.prompt_hash,
            &result.server,
            &result.digest,
            &result.finish_reason,
            &result.cost,
            &result.usage,
            &result.timings,
            &result.started_at,
            &result.finished_at,
            &result.parameters,
            &result.notes,
            outcomes,
            &result.prompt,
            &result.output,
            &result.tool_calls,
            &result.thinking,
        ]
    })?;
    Ok(rows.iter().map(|(cell, outcomes)| cell.text_bytes() + outcomes.len()).sum())
}

fn insert_attempts(conn: &mut Conn, cells: &[&FinishedCell]) -> Result<()> {
    let rows: Vec<(i64, &AttemptRow)> = cells
        .iter()
        .filter(|cell| !cell.answered_at_once())
        .flat_map(|cell| cell.attempts.iter().map(|attempt| (cell.facts.id, attempt)))
        .collect();
    insert_attempt_rows(conn, &rows)
}

fn insert_attempt_rows(conn: &mut Conn, rows: &[(i64, &AttemptRow)]) -> Result<()> {
    const ATTEMPTS: InsertMany<6> = InsertMany::new(
        "INSERT INTO attempts (cell_id, number, started_at, latency_ms, error_kind, error_detail)",
        "",
    );
    conn.insert_many(&ATTEMPTS, rows, |(id, attempt)| {
        [
            id,
            &attempt.number,
            &attempt.started_at,
            &attempt.latency_ms,
            &attempt.error_kind,
            &attempt.error_detail,
        ]
    })
    .map(drop)
}

impl FinishedCell {
    /// Bytes of its texts, without the outcomes. `cells::retry_errors` takes away what this added.
    fn text_bytes(&self) -> usize {
        let (facts, result) = (&self.facts, &self.result);
        let optional =
            [&result.server, &result.digest, &result.finish_reason, &result.tool_calls, &result.thinking];
        [
            &facts.headline,
            &facts.reason,
            &facts.preview,
            &result.prompt_hash,
            &result.usage,
            &result.timings,
            &result.parameters,
            &result.notes,
            &result.prompt,
            &result.output,
        ]
        .into_iter()
        .chain(optional.into_iter().flatten())
        .map(String::len)
        .sum()
    }

    /// Whether its first call brought the answer: then its result says all that there is to say of the call.
    fn answered_at_once(&self) -> bool {
        self.facts.attempts == 1 && self.attempts.iter().all(|attempt| attempt.error_kind.is_none())
    }
}

/// The calls made for a cell, in their order. `result` is that of the cell, if it has one.
pub fn attempts(conn: &mut Conn, cell: &CellRow, result: Option<&CellResult>) -> Result<Vec<AttemptRow>> {
    const ATTEMPTS: Sql = Sql::new(
        "SELECT number, started_at, latency_ms, error_kind, error_detail FROM attempts WHERE cell_id = $1 \
         ORDER BY number",
    );
    match (result, cell.latency_ms) {
        (Some(result), Some(latency_ms)) if cell.attempts == 1 => Ok(vec![AttemptRow {
            number: 1,
            started_at: result.started_at,
            latency_ms,
            error_kind: None,
            error_detail: None,
        }]),
        _ => conn.query_all(ATTEMPTS, &[&cell.id]),
    }
}
