//! Cells as the API shows them.

use domain::card::{Message, ModelParameters};
use domain::clock::Timestamp;
use domain::completion::{Timings, ToolCall, Usage};
use domain::cost::NanoDollars;
use domain::ids::{CaseId, RunId};
use domain::matrix::Matrix;
use domain::run::CellState;
use domain::verdict::{MetricScore, Outcome, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::cells::{CellRange, CellRow};
use utoipa::ToSchema;

use super::view::{ModelView, RunCard};

/// A cell, as the matrix shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CellSummary {
    /// Its number in the run.
    pub position: i64,
    /// Its row: case × repeats + repeat.
    pub row: i64,
    /// Index of its column.
    pub column: i64,
    /// Index of its case.
    pub case_position: i64,
    /// Which repeat it is, from 0.
    pub repeat: i64,
    /// What it is doing.
    pub state: CellState,
    /// Its verdict. None: not finished, or nothing was asked of it.
    pub verdict: Option<Verdict>,
    /// Its score, 0 to 1.
    pub score: Option<f64>,
    /// The shortest form of the reason, such as `250 expected 3`.
    pub headline: String,
    /// Why the verdict is what it is.
    pub reason: String,
    /// The beginning of the output.
    pub preview: String,
    /// How long the answer took, in milliseconds.
    pub latency_ms: Option<i64>,
    /// Tokens of the answer.
    pub completion_tokens: Option<i64>,
    /// How many calls were made for it.
    pub attempts: i64,
    /// Whether its answer is that of an earlier run, and the model was not asked.
    pub cached: bool,
    /// What the run paid for the answer: 0 where an earlier run asked. None: that is not known.
    pub cost_usd: Option<NanoDollars>,
}

impl CellSummary {
    /// The summary of a cell of a run. None: the run has no such cell.
    pub(crate) fn of(matrix: Matrix, cells: CellRange, cell: CellRow) -> Option<Self> {
        let position = cells.position(cell.id);
        let at = matrix.coordinates(u64::try_from(position).ok()?)?;
        Some(Self {
            position,
            row: matrix.row(at).into(),
            column: matrix.column(at).into(),
            case_position: at.case.into(),
            repeat: at.repeat.into(),
            state: cell.state,
            verdict: cell.verdict,
            score: cell.score,
            headline: cell.headline,
            reason: cell.reason,
            preview: cell.preview,
            latency_ms: cell.latency_ms,
            completion_tokens: cell.completion_tokens,
            attempts: cell.attempts,
            cached: cell.cached_from.is_some(),
            cost_usd: cell.paid,
        })
    }
}

/// One call of the model for a cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AttemptView {
    /// Its number, from 1.
    pub number: i64,
    /// When it was begun.
    pub started_at: Timestamp,
    /// How long it took, in milliseconds.
    pub latency_ms: i64,
    /// What kind of failure it ended in, if it did.
    pub error_kind: Option<String>,
    /// The failure in a sentence.
    pub error: Option<String>,
}

/// A case of a run, as it was when the run was started.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CaseView {
    /// Its index in the run.
    pub position: i64,
    /// The case that it was copied from.
    pub case_id: CaseId,
    /// What it is about.
    pub description: String,
    /// Its variables.
    pub variables: Map<String, Value>,
    /// The output that is wanted, if it says so.
    pub expected_output: Option<String>,
    /// Its tags.
    pub tags: Vec<String>,
}

/// A cell with everything that is known of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CellView {
    /// What the matrix shows.
    pub summary: CellSummary,
    /// The card.
    pub card: RunCard,
    /// The model.
    pub model: ModelView,
    /// The case.
    pub case: CaseView,
    /// What was sent and what came back. None while it is not finished.
    pub result: Option<ResultView>,
    /// What each assertion found, in the order of the case.
    pub outcomes: Vec<Outcome>,
    /// The score of each metric. None unless the verdict is `pass` or `fail`.
    pub metric_scores: Vec<MetricScore>,
    /// The calls that were made.
    pub attempts: Vec<AttemptView>,
    /// Where its answer comes from, if the model was not asked. None there: that run was removed.
    pub cached_from: Option<EarlierRun>,
}

/// The run that asked the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EarlierRun {
    /// The run.
    pub run_id: RunId,
    /// Its number in the workspace.
    pub run_number: i64,
    /// The cell's number in that run.
    pub position: i64,
}

/// What was sent for a cell and what came back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ResultView {
    /// The rendered messages.
    pub prompt: Vec<Message>,
    /// SHA-256 of the rendered messages.
    pub prompt_hash: String,
    /// The parameters of the call.
    pub parameters: ModelParameters,
    /// Address of the model server that was asked. None: none was.
    pub server: Option<String>,
    /// Digest of the model that answered.
    pub digest: Option<String>,
    /// The answer, byte for byte.
    pub output: String,
    /// Tools that the model asked to be called. Nothing calls them.
    pub tool_calls: Vec<ToolCall>,
    /// What the model thought before it.
    pub thinking: Option<String>,
    /// Why the generation ended, in the server's word.
    pub finish_reason: Option<String>,
    /// Tokens.
    pub usage: Usage,
    /// What the call cost that brought the answer, whichever run paid it. None: that is not known.
    pub cost_usd: Option<NanoDollars>,
    /// Where the time went.
    pub timings: Timings,
    /// What was changed before storing, such as an output cut at its limit.
    pub notes: Vec<String>,
    /// When the cell was begun.
    pub started_at: Timestamp,
    /// When its result was there.
    pub finished_at: Timestamp,
}
