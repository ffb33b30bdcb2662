//! Runs as the API shows them.

use domain::card::ModelParameters;
use domain::clock::Timestamp;
use domain::cost::NanoDollars;
use domain::ids::{RunId, SuiteId};
use domain::matrix::Matrix;
use domain::run::{Counts, RunState};
use domain::stats::interval::{Interval, wilson};
use domain::verdict::MetricSum;
use serde::{Deserialize, Serialize};
use store::Conn;
use store::run_columns::ColumnRow;
use store::run_inputs::{RunModel, RunVersion};
use store::runs::RunRow;
use utoipa::ToSchema;

use super::cell_view::CellSummary;
use super::waits::ProviderWait;
use crate::error::Result;

/// A card of a run, as it was when the run was started.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RunCard {
    /// Its name in addresses.
    pub slug: String,
    /// Its name for people.
    pub title: String,
    /// The version that is run.
    pub version: i64,
}

/// A model of a run, as it was when the run was started.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ModelView {
    /// The provider's name.
    pub provider: String,
    /// The model's name.
    pub model: String,
    /// Whether its answers are simulated.
    pub simulated: bool,
    /// What the name pointed to.
    pub digest: Option<String>,
    /// Parameters of the run and of this model.
    pub parameters: ModelParameters,
}

/// One column of the matrix: one version on one model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Column {
    /// Its index.
    pub position: i64,
    /// Index of its version in `cards`.
    pub version_position: i64,
    /// Index of its model in `models`.
    pub model_position: i64,
    /// How many of its cells are in which state.
    pub counts: Counts,
    /// Mean time of an answer, in milliseconds. None: no answer yet.
    pub latency_ms_mean: Option<f64>,
    /// Tokens of all prompts, as far as the server said.
    pub prompt_tokens: i64,
    /// Tokens of all answers, as far as the server said.
    pub completion_tokens: i64,
    /// Tokens a second while generating, as far as the server said.
    pub tokens_per_second: Option<f64>,
    /// What the run paid for its answers, as far as that is known; those of earlier runs cost it nothing. None: no
    /// cost is known.
    pub cost_usd: Option<NanoDollars>,
    /// What the scores of each `metric` add up to over its cells that passed or failed, by name in the order in which
    /// they came up; at most 100.
    pub metrics: Vec<MetricView>,
    /// Wilson 95 % interval of pass among pass and fail. None: nothing judged yet.
    pub interval: Option<Interval>,
}

#[expect(clippy::cast_precision_loss, reason = "counts and sums of a run stay far below 2^52")]
impl Column {
    /// The column of these counters in a matrix.
    pub(crate) fn of(matrix: Matrix, row: &ColumnRow) -> Self {
        let versions = i64::from(matrix.versions).max(1);
        let mut counts = row.counts;
        counts.open = i64::from(matrix.rows()) - counts.finished() - counts.cancelled;
        Self {
            position: row.position,
            version_position: row.position % versions,
            model_position: row.position / versions,
            counts,
            latency_ms_mean: (row.answered > 0).then(|| row.latency_ms as f64 / row.answered as f64),
            prompt_tokens: row.prompt_tokens,
            completion_tokens: row.completion_tokens,
            tokens_per_second: (row.generation_ms > 0)
                .then(|| row.completion_tokens as f64 * 1000.0 / row.generation_ms as f64),
            cost_usd: row.cost,
            metrics: row.metrics.iter().map(MetricView::of).collect(),
            interval: wilson(counts.pass, counts.pass + counts.fail),
        }
    }
}

/// What the scores of one metric add up to, as promptfoo's `namedScores` do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MetricView {
    /// The name.
    pub metric: String,
    /// Sum of the scores, each times its weight.
    pub sum: f64,
    /// Sum of the weights.
    pub weight: f64,
    /// `sum` over `weight`, 0 to 1; 0 where all weights are 0.
    pub mean: f64,
    /// How many cells have the metric.
    pub cells: i64,
}

impl MetricView {
    fn of(sum: &MetricSum) -> Self {
        let MetricSum { metric, sum: total, weight, cells } = sum;
        Self { metric: metric.clone(), sum: *total, weight: *weight, mean: sum.mean(), cells: *cells }
    }
}

/// A run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Run {
    /// The run.
    pub id: RunId,
    /// Its number in the workspace.
    pub number: i64,
    /// What it is doing.
    pub state: RunState,
    /// Whether all its models are simulated: then its figures count in no comparison.
    pub simulated: bool,
    /// The suite its cases came from.
    pub suite_id: SuiteId,
    /// Its versions.
    pub cards: Vec<RunCard>,
    /// Its models.
    pub models: Vec<ModelView>,
    /// Its columns.
    pub columns: Vec<Column>,
    /// How many cases it has.
    pub case_count: i64,
    /// How often each case is asked.
    pub repeats: i64,
    /// How many cells it has.
    pub cell_count: i64,
    /// How many of them are in which state.
    pub counts: Counts,
    /// Number of its last event: follow from here.
    pub event_number: i64,
    /// What it is for.
    pub note: String,
    /// Whether its cells may take the answers of earlier runs.
    pub cache: bool,
    /// Why the server paused it, in a sentence. None: it did not, or somebody resumed it.
    #[serde(default)]
    pub pause_reason: Option<String>,
    /// Whether somebody keeps it: then nothing removes it.
    pub kept: bool,
    /// How much its cases and results take, in bytes.
    pub stored_bytes: i64,
    /// Who started it.
    pub created_by: String,
    /// When it was started.
    pub created_at: Timestamp,
    /// When its first cell was begun.
    pub started_at: Option<Timestamp>,
    /// When it was finished, or the last of its cells was cancelled.
    pub finished_at: Option<Timestamp>,
}

/// Reads what belongs to a run's row and puts the view together.
pub(crate) fn read(conn: &mut Conn, row: &RunRow) -> Result<Run> {
    let versions = store::run_inputs::versions(conn, row.id)?;
    let models = store::run_inputs::models(conn, row.id)?;
    let columns = store::run_columns::of_run(conn, row.id)?;
    assemble(row, &versions, &models, &columns)
}

fn assemble(
    row: &RunRow,
    versions: &[RunVersion],
    models: &[RunModel],
    columns: &[ColumnRow],
) -> Result<Run> {
    let columns: Vec<Column> = columns.iter().map(|column| Column::of(row.matrix, column)).collect();
    let mut counts = Counts::default();
    for column in &columns {
        counts.open += column.counts.open;
        counts.cancelled += column.counts.cancelled;
        counts.pass += column.counts.pass;
        counts.fail += column.counts.fail;
        counts.error += column.counts.error;
        counts.invalid += column.counts.invalid;
        counts.unjudged += column.counts.unjudged;
    }
    let cards = versions.iter().map(|version| RunCard {
        slug: version.slug.clone(),
        title: version.title.clone(),
        version: version.number,
    });
    let models = models.iter().map(|model| {
        Ok(ModelView {
            provider: model.provider.clone(),
            model: model.name.clone(),
            simulated: model.simulated,
            digest: model.digest.clone(),
            parameters: serde_json::from_str(&model.parameters)?,
        })
    });
    Ok(Run {
        id: row.id,
        number: row.number,
        state: row.state,
        simulated: row.simulated,
        suite_id: row.suite_id,
        cards: cards.collect(),
        models: models.collect::<Result<_>>()?,
        columns,
        case_count: row.matrix.cases.into(),
        repeats: row.matrix.repeats.into(),
        cell_count: i64::try_from(row.matrix.cells()).unwrap_or(i64::MAX),
        counts,
        event_number: row.event_seq,
        note: row.note.clone(),
        cache: row.cache,
        pause_reason: row.pause_reason.clone(),
        kept: row.kept,
        stored_bytes: row.stored_bytes,
        created_by: row.created_by.clone(),
        created_at: Timestamp(row.created_at),
        started_at: row.started_at.map(Timestamp),
        finished_at: row.finished_at.map(Timestamp),
    })
}

/// Which rows of the matrix a filter leaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Rows {
    /// The row numbers, in order. None: all of them.
    pub rows: Option<Vec<i64>>,
    /// How many rows the matrix has.
    pub total: i64,
    /// How many of them are left.
    pub matched: i64,
}

/// What the stream of a run says, by the name of the event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum RunEvent {
    /// `cell_finished`.
    Cell {
        /// Number of the event.
        number: i64,
        /// The cell, as it is now.
        cell: Box<CellSummary>,
        /// Its column, as it is now.
        column: Box<Column>,
    },
    /// `run_queued run_started run_paused run_resumed run_cancelled run_finished`.
    Run {
        /// Number of the event.
        number: i64,
        /// The run, as it is now.
        run: Box<Run>,
    },
    /// `provider_waits`: what the run waits for now. It has no number.
    Waits {
        /// One for each model whose cells wait.
        waits: Vec<ProviderWait>,
    },
    /// `resync`: read the run again and follow from here.
    Resync {
        /// Number of the last event that the reading must contain.
        after: i64,
    },
}
