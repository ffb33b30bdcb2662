//! Results of finished cells: the long texts, and all that is stored together with them.

use domain::clock::Millis;
use domain::ids::RunId;
use domain::verdict::{Outcome, Verdict};

use crate::cells::CellRow;
use crate::run_columns::{self, ColumnRow, Finished};
use crate::{Conn, FromRow, InsertMany, Result, Row, Sql};

/// The long part of a finished cell.
#[derive(Debug, Clone)]
pub struct CellResult {
    /// The rendered messages, as JSON.
    pub prompt: String,
    /// SHA-256 of the rendered messages.
    pub prompt_hash: String,
    /// The parameters of the call, as JSON.
    pub parameters: String,
    /// Digest of the model that answered.
    pub digest: Option<String>,
    /// The answer.
    pub output: String,
    /// What the model thought before it.
    pub thinking: Option<String>,
    /// Why the generation ended, in the server's word.
    pub finish_reason: Option<String>,
    /// Tokens, as JSON.
    pub usage: String,
    /// Timings, as JSON.
    pub timings: String,
    /// What was changed before storing, as JSON.
    pub notes: String,
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
        })
    }
}

/// The long part of a cell. None while it is not finished.
pub fn result(conn: &mut Conn, run: RunId, position: i64) -> Result<Option<CellResult>> {
    const RESULT: Sql = Sql::new(
        "SELECT prompt, prompt_hash, parameters, digest, output, thinking, finish_reason, usage, timings, \
         notes, started_at, finished_at FROM cell_results WHERE run_id = $1 AND position = $2",
    );
    conn.query_opt(RESULT, &[&run, &position])
}

/// Outputs of finished cells after a number, by number, for searching.
pub fn outputs(conn: &mut Conn, run: RunId, after: i64, limit: i64) -> Result<Vec<(i64, String)>> {
    const OUTPUTS: Sql = Sql::new(
        "SELECT position, output FROM cell_results WHERE run_id = $1 AND position > $2 \
         ORDER BY position LIMIT $3",
    );
    conn.query_all(OUTPUTS, &[&run, &after, &limit])
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
    /// The long part.
    pub result: CellResult,
    /// What each assertion found.
    pub outcomes: Vec<Outcome>,
    /// The calls made under this claim.
    pub attempts: Vec<AttemptRow>,
}

/// What storing a batch of finished cells of one run came to.
#[derive(Debug)]
pub struct Stored {
    /// The number before the first event of the batch: the cell at index `i` has `before + 1 + i`.
    pub before: i64,
    /// Number of the last event, that of the run's end included.
    pub last: i64,
    /// Of each cell of the batch, whether its claim was still good and its result was stored.
    pub accepted: Vec<bool>,
    /// The columns that were touched, as they are now.
    pub columns: Vec<ColumnRow>,
    /// Whether this batch finished the run.
    pub finished: bool,
}

/// Stores finished cells of one run: results, outcomes, attempts, counters and event numbers, together.
///
/// A cell whose claim is no longer good is left alone: somebody else has it by now, or has finished it.
pub fn finish(conn: &mut Conn, run: RunId, cells: &[FinishedCell], at: Millis) -> Result<Stored> {
    const NUMBER: Sql =
        Sql::new("UPDATE runs SET event_seq = event_seq + $2 WHERE id = $1 RETURNING event_seq");
    const CLOSE: Sql =
        Sql::new("UPDATE runs SET open_cells = open_cells - $2 WHERE id = $1 RETURNING open_cells");

    let last: i64 = conn.query_one(NUMBER, &[&run, &cells.len()])?;
    let before = last - i64::try_from(cells.len()).unwrap_or(i64::MAX);
    let mut accepted = Vec::with_capacity(cells.len());
    for cell in cells {
        accepted.push(finish_one(conn, run, cell)?);
    }
    let stored = || cells.iter().zip(&accepted).filter(|(_, accepted)| **accepted).map(|(cell, _)| cell);
    // A number whose result came too late belongs to no cell.
    let told: Vec<i64> = (cells.iter().zip(&accepted))
        .map(|(cell, accepted)| if *accepted { cell.facts.position } else { -1 })
        .collect();
    crate::run_events::insert_cells(conn, run, before + 1..=last, &told, at)?;
    let columns =
        run_columns::count(conn, run, stored().map(|cell| (cell.column, cell.facts.verdict, cell.answered)))?;
    let open: i64 = conn.query_one(CLOSE, &[&run, &stored().count()])?;
    let end = if open == 0 { crate::runs::finish(conn, run, at)? } else { None };
    Ok(Stored { before, last: end.unwrap_or(last), accepted, columns, finished: end.is_some() })
}

fn finish_one(conn: &mut Conn, run: RunId, cell: &FinishedCell) -> Result<bool> {
    const CELL: Sql = Sql::new(
        "UPDATE cells SET state = 'finished', owner = NULL, lease_until = NULL, attempts = $4, verdict = $5, \
         score = $6, latency_ms = $7, completion_tokens = $8 \
         WHERE run_id = $1 AND position = $2 AND claim = $3 AND state = 'leased'",
    );
    const RESULT: Sql = Sql::new(
        "INSERT INTO cell_results (run_id, position, headline, reason, preview, prompt_hash, digest, \
         finish_reason, usage, timings, started_at, finished_at, parameters, notes, prompt, output, thinking) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
    );
    const OUTCOMES: InsertMany<11> = InsertMany::new(
        "INSERT INTO outcomes (run_id, cell_position, position, type, verdict, score, weight, metric, reason, \
         expected, actual)",
        "",
    );
    const ATTEMPTS: InsertMany<7> = InsertMany::new(
        "INSERT INTO attempts (run_id, cell_position, number, started_at, latency_ms, error_kind, error_detail)",
        "",
    );
    let facts = &cell.facts;
    let changed = conn.execute(
        CELL,
        &[
            &run,
            &facts.position,
            &cell.claim,
            &facts.attempts,
            &facts.verdict.map(Verdict::as_str),
            &facts.score,
            &facts.latency_ms,
            &facts.completion_tokens,
        ],
    )?;
    if changed == 0 {
        return Ok(false);
    }
    let result = &cell.result;
    conn.execute(
        RESULT,
        &[
            &run,
            &facts.position,
            &facts.headline,
            &facts.reason,
            &facts.preview,
            &result.prompt_hash,
            &result.digest,
            &result.finish_reason,
            &result.usage,
            &result.timings,
            &result.started_at,
            &result.finished_at,
            &result.parameters,
            &result.notes,
            &result.prompt,
            &result.output,
            &result.thinking,
        ],
    )?;
    let outcomes: Vec<(usize, &'static str, &Outcome)> = (0..)
        .zip(&cell.outcomes)
        .map(|(position, outcome)| (position, outcome.verdict.as_str(), outcome))
        .collect();
    conn.insert_many(&OUTCOMES, &outcomes, |(position, verdict, outcome)| {
        [
            &run,
            &facts.position,
            position,
            &outcome.assertion_type,
            verdict,
            &outcome.score,
            &outcome.weight,
            &outcome.metric,
            &outcome.reason,
            &outcome.expected,
            &outcome.actual,
        ]
    })?;
    conn.insert_many(&ATTEMPTS, &cell.attempts, |attempt| {
        [
            &run,
            &facts.position,
            &attempt.number,
            &attempt.started_at,
            &attempt.latency_ms,
            &attempt.error_kind,
            &attempt.error_detail,
        ]
    })?;
    Ok(true)
}

/// What each assertion of a cell found, in the order of the case.
pub fn outcomes(conn: &mut Conn, run: RunId, position: i64) -> Result<Vec<Outcome>> {
    const OUTCOMES: Sql = Sql::new(
        "SELECT type, verdict, score, weight, metric, reason, expected, actual FROM outcomes \
         WHERE run_id = $1 AND cell_position = $2 ORDER BY position",
    );
    let rows: Vec<OutcomeRow> = conn.query_all(OUTCOMES, &[&run, &position])?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

struct OutcomeRow(Outcome);

impl FromRow for OutcomeRow {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self(Outcome {
            assertion_type: row.get(0)?,
            verdict: row.parse(1)?,
            score: row.get(2)?,
            weight: row.get(3)?,
            metric: row.get(4)?,
            reason: row.get(5)?,
            expected: row.get(6)?,
            actual: row.get(7)?,
        }))
    }
}

/// The calls made for a cell, in their order.
pub fn attempts(conn: &mut Conn, run: RunId, position: i64) -> Result<Vec<AttemptRow>> {
    const ATTEMPTS: Sql = Sql::new(
        "SELECT number, started_at, latency_ms, error_kind, error_detail FROM attempts \
         WHERE run_id = $1 AND cell_position = $2 ORDER BY number",
    );
    conn.query_all(ATTEMPTS, &[&run, &position])
}
