//! What the results of a run add up to.

use std::collections::{BTreeMap, BTreeSet};

use domain::verdict::Verdict;

use super::{CellResult, Status};

/// What results add up to, over all and for each column.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Totals {
    /// By column.
    pub columns: Vec<ColumnTotals>,
    /// The names of all variables.
    pub variables: BTreeSet<String>,
    /// Whether any test says what it is about.
    pub has_descriptions: bool,
    /// Rows that have results.
    pub rows: usize,
    last_row: Option<usize>,
}

/// What the results of one column add up to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ColumnTotals {
    /// Answers that satisfy what was asked.
    pub passes: u64,
    /// Answers that do not.
    pub fails: u64,
    /// Cells without an answer, or of which we could not find out.
    pub errors: u64,
    /// Answers that cannot be judged.
    pub invalids: u64,
    /// Sum of the scores.
    pub score: f64,
    /// Assertions that hold.
    pub assertion_passes: u64,
    /// Assertions that do not.
    pub assertion_fails: u64,
    /// Sum of the times, in milliseconds.
    pub latency_ms: i64,
    /// Sum of the costs, in US dollars.
    pub cost_usd: f64,
    /// Tokens of the prompts.
    pub prompt_tokens: i64,
    /// Tokens of the answers.
    pub completion_tokens: i64,
    /// Tokens of both, of answers that came from the cache.
    pub cached_tokens: i64,
    /// Calls of models.
    pub calls: u64,
    /// By metric.
    pub metrics: BTreeMap<String, MetricTotals>,
}

/// What the scores of one metric add up to.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct MetricTotals {
    /// Sum of the scores, each times its weight.
    pub score: f64,
    /// Sum of the weights.
    pub weight: f64,
    /// How many assertions have the metric; at least one in each result that has a score of it.
    pub count: u64,
}

impl ColumnTotals {
    /// All results.
    pub fn all(&self) -> u64 {
        self.passes + self.fails + self.errors + self.invalids
    }

    fn add(&mut self, other: &Self) {
        self.passes += other.passes;
        self.fails += other.fails;
        self.errors += other.errors;
        self.invalids += other.invalids;
        self.score += other.score;
        self.assertion_passes += other.assertion_passes;
        self.assertion_fails += other.assertion_fails;
        self.latency_ms += other.latency_ms;
        self.cost_usd += other.cost_usd;
        self.prompt_tokens += other.prompt_tokens;
        self.completion_tokens += other.completion_tokens;
        self.cached_tokens += other.cached_tokens;
        self.calls += other.calls;
        for (name, metric) in &other.metrics {
            let sums = self.metrics.entry(name.clone()).or_default();
            sums.score += metric.score;
            sums.weight += metric.weight;
            sums.count += metric.count;
        }
    }
}

impl Totals {
    /// Of a run with so many columns and no results yet.
    pub fn new(columns: usize) -> Self {
        Self { columns: vec![ColumnTotals::default(); columns], ..Self::default() }
    }

    /// Counts a result, in the order of rows. One of a column that the run does not have counts for nothing.
    pub fn add(&mut self, result: &CellResult) {
        let Some(column) = self.columns.get_mut(result.column) else { return };
        match result.status() {
            Status::Pass => column.passes += 1,
            Status::Fail => column.fails += 1,
            Status::Error => column.errors += 1,
            Status::Invalid => column.invalids += 1,
        }
        column.score += result.score();
        for outcome in result.counted_outcomes() {
            if outcome.verdict == Verdict::Pass {
                column.assertion_passes += 1;
            } else {
                column.assertion_fails += 1;
            }
        }
        column.latency_ms += result.latency_ms.unwrap_or(0);
        column.cost_usd += result.cost_usd.unwrap_or(0.0);
        if let Some(completion) = &result.completion {
            let (prompt, answer) = tokens(completion);
            if result.cached {
                column.cached_tokens += prompt + answer;
            } else {
                column.prompt_tokens += prompt;
                column.completion_tokens += answer;
                column.calls += 1;
            }
        }
        for metric in &result.judgement.metric_scores {
            let sums = column.metrics.entry(metric.metric.clone()).or_default();
            let named =
                result.counted_outcomes().filter(|outcome| outcome.metric.as_ref() == Some(&metric.metric));
            sums.score += metric.score * metric.weight;
            sums.weight += metric.weight;
            sums.count += (named.count() as u64).max(1);
        }
        for name in result.variables.keys() {
            if !self.variables.contains(name) {
                self.variables.insert(name.clone());
            }
        }
        self.has_descriptions |= result.description.is_some();
        if self.last_row != Some(result.row) {
            self.rows += 1;
            self.last_row = Some(result.row);
        }
    }

    /// What all columns add up to.
    pub fn all(&self) -> ColumnTotals {
        self.columns.iter().fold(ColumnTotals::default(), |mut all, column| {
            all.add(column);
            all
        })
    }

    /// The names of all metrics.
    pub fn metrics(&self) -> BTreeSet<&str> {
        self.columns.iter().flat_map(|column| column.metrics.keys().map(String::as_str)).collect()
    }

    /// Per cent of results that pass; errors and answers that cannot be judged count against it. 0 of none.
    pub fn pass_rate(&self) -> f64 {
        let all = self.all();
        if all.all() == 0 {
            return 0.0;
        }
        #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
        let rate = all.passes as f64 / all.all() as f64;
        rate * 100.0
    }
}

/// Tokens of a prompt and of its answer, as far as the server said.
pub(super) fn tokens(completion: &domain::completion::Completion) -> (i64, i64) {
    (completion.usage.prompt_tokens.unwrap_or(0), completion.usage.completion_tokens.unwrap_or(0))
}
