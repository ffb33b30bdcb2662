//! Counters of the columns of a run: one version on one model.

use std::collections::BTreeMap;

use domain::cost::NanoDollars;
use domain::ids::RunId;
use domain::run::Counts;
use domain::verdict::{MetricScore, MetricSum, Verdict};

use crate::{Conn, FromRow, Json, Result, Row, Sql};

/// What is counted of a cell whose model answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finished {
    /// How long the answer took.
    pub latency_ms: i64,
    /// How long the model generated, as far as the server said.
    pub generation_ms: Option<i64>,
    /// Tokens of the prompt.
    pub prompt_tokens: Option<i64>,
    /// Tokens of the answer.
    pub completion_tokens: Option<i64>,
}

/// A finished cell as its column counts it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counted<'a> {
    /// Index of the column.
    pub(crate) column: i64,
    pub(crate) verdict: Option<Verdict>,
    /// None: the model was not asked, or did not answer.
    pub(crate) answered: Option<Finished>,
    /// What the run paid for the answer. None: that is not known.
    pub(crate) paid: Option<NanoDollars>,
    /// What its assertions add up to by metric. A cell that may be put back has none.
    pub(crate) metric_scores: &'a [MetricScore],
}

/// The counters of a column. `open` is left at 0: only the run's size tells it.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnRow {
    /// Index of the column.
    pub position: i64,
    /// Cells by state and verdict.
    pub counts: Counts,
    /// Cells whose model answered; the sums below are over them.
    pub answered: i64,
    /// Sum of the latencies.
    pub latency_ms: i64,
    /// Sum of the times of generation.
    pub generation_ms: i64,
    /// Sum of the prompts' tokens.
    pub prompt_tokens: i64,
    /// Sum of the answers' tokens.
    pub completion_tokens: i64,
    /// Sum of what the run paid for its answers. None: no cost is known.
    pub cost: Option<NanoDollars>,
    /// What the scores of each metric add up to.
    pub metrics: Vec<MetricSum>,
}

macro_rules! columns {
    () => {
        "position, cancelled, pass, fail, error, invalid, unjudged, answered, latency_ms, generation_ms, \
         prompt_tokens, completion_tokens, cost, metrics"
    };
}

impl FromRow for ColumnRow {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            position: row.get(0)?,
            counts: Counts {
                open: 0,
                cancelled: row.get(1)?,
                pass: row.get(2)?,
                fail: row.get(3)?,
                error: row.get(4)?,
                invalid: row.get(5)?,
                unjudged: row.get(6)?,
            },
            answered: row.get(7)?,
            latency_ms: row.get(8)?,
            generation_ms: row.get(9)?,
            prompt_tokens: row.get(10)?,
            completion_tokens: row.get(11)?,
            cost: row.get(12)?,
            metrics: row.get::<Option<Json<_>>>(13)?.map(|Json(metrics)| metrics).unwrap_or_default(),
        })
    }
}

/// The columns of a run, in their order.
pub fn of_run(conn: &mut Conn, run: RunId) -> Result<Vec<ColumnRow>> {
    const OF_RUN: Sql =
        Sql::new(concat!("SELECT ", columns!(), " FROM run_columns WHERE run_id = $1 ORDER BY position"));
    conn.query_all(OF_RUN, &[&run])
}

/// Of each column of a run, the hash of what its answers depend on beside prompt and repeat. None: they are
/// simulated.
pub fn cache_scopes(conn: &mut Conn, run: RunId) -> Result<Vec<Option<String>>> {
    const SCOPES: Sql = Sql::new("SELECT cache_scope FROM run_columns WHERE run_id = $1 ORDER BY position");
    conn.query_all(SCOPES, &[&run])
}

/// Adds finished cells. Returns the columns touched, as they are now.
pub(crate) fn count<'a>(
    conn: &mut Conn,
    run: RunId,
    cells: impl Iterator<Item = Counted<'a>>,
) -> Result<Vec<ColumnRow>> {
    add(conn, run, cells, 1)
}

/// Takes away finished cells that are put back, each as it was counted.
pub(crate) fn uncount<'a>(
    conn: &mut Conn,
    run: RunId,
    cells: impl Iterator<Item = Counted<'a>>,
) -> Result<Vec<ColumnRow>> {
    add(conn, run, cells, -1)
}

fn add<'a>(
    conn: &mut Conn,
    run: RunId,
    cells: impl Iterator<Item = Counted<'a>>,
    times: i64,
) -> Result<Vec<ColumnRow>> {
    const ADD: Sql = Sql::new(concat!(
        "UPDATE run_columns SET pass = pass + $3, fail = fail + $4, error = error + $5, \
         invalid = invalid + $6, unjudged = unjudged + $7, answered = answered + $8, \
         latency_ms = latency_ms + $9, generation_ms = generation_ms + $10, \
         prompt_tokens = prompt_tokens + $11, completion_tokens = completion_tokens + $12, \
         cost = CASE WHEN CAST($13 AS BIGINT) IS NULL THEN cost ELSE COALESCE(cost, 0) + $13 END \
         WHERE run_id = $1 AND position = $2 RETURNING ",
        columns!()
    ));
    const METRICS: Sql = Sql::new("UPDATE run_columns SET metrics = $3 WHERE run_id = $1 AND position = $2");
    let mut sums: BTreeMap<i64, ColumnRow> = BTreeMap::new();
    let mut scores: BTreeMap<i64, Vec<&[MetricScore]>> = BTreeMap::new();
    for Counted { column, verdict, answered, paid, metric_scores } in cells {
        let sum = sums.entry(column).or_insert_with(|| ColumnRow::empty(column));
        sum.counts.count(verdict, times);
        if !metric_scores.is_empty() {
            scores.entry(column).or_default().push(metric_scores);
        }
        if let Some(NanoDollars(paid)) = paid {
            sum.cost = Some(NanoDollars(sum.cost.unwrap_or_default().0.saturating_add(times * paid)));
        }
        if let Some(answered) = answered {
            sum.answered += times;
            sum.latency_ms += times * answered.latency_ms;
            sum.generation_ms += times * answered.generation_ms.unwrap_or(0);
            sum.prompt_tokens += times * answered.prompt_tokens.unwrap_or(0);
            sum.completion_tokens += times * answered.completion_tokens.unwrap_or(0);
        }
    }
    sums.into_values()
        .map(|sum| {
            let counts = sum.counts;
            let mut row: ColumnRow = conn.query_one(
                ADD,
                &[
                    &run,
                    &sum.position,
                    &counts.pass,
                    &counts.fail,
                    &counts.error,
                    &counts.invalid,
                    &counts.unjudged,
                    &sum.answered,
                    &sum.latency_ms,
                    &sum.generation_ms,
                    &sum.prompt_tokens,
                    &sum.completion_tokens,
                    &sum.cost,
                ],
            )?;
            // The update above has locked the row: nobody else adds to what was read.
            if let Some(scores) = scores.get(&sum.position) {
                for scores in scores {
                    MetricSum::add(&mut row.metrics, scores);
                }
                conn.execute(METRICS, &[&run, &sum.position, &Json(&row.metrics)])?;
            }
            Ok(row)
        })
        .collect()
}

impl ColumnRow {
    fn empty(position: i64) -> Self {
        Self {
            position,
            counts: Counts::default(),
            answered: 0,
            latency_ms: 0,
            generation_ms: 0,
            prompt_tokens: 0,
            completion_tokens: 0,
            cost: None,
            metrics: Vec::new(),
        }
    }
}
