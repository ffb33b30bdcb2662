//! Reading runs and their cells.

use domain::clock::Timestamp;
use domain::ids::{RunId, WorkspaceId};
use domain::run::RunState;
use domain::verdict::Verdict;
use store::Conn;
use store::cell_results::CellResult;
use store::runs::RunRow;

use super::cell_view::{AttemptView, CaseView, CellSummary, CellView, EarlierRun, ResultView};
use super::view::{self, Run};
use super::waits::ProviderWaits;
use super::windows::{case_view, read_cases, read_window};
use crate::Engine;
use crate::error::{Error, Result};

/// How many rows one window of the matrix has at most.
const WINDOW: i64 = 200;
/// Which runs a list shows.
#[derive(Debug, Clone, Default)]
pub struct RunListQuery {
    /// Only runs of the card with this slug.
    pub card: Option<String>,
    /// Only runs in this state.
    pub state: Option<RunState>,
    /// Only runs older than this one.
    pub before: Option<RunId>,
    /// At most so many.
    pub limit: i64,
}

/// Rows of the matrix from one up to, not including, another.
#[derive(Debug, Clone, Copy)]
pub struct CellWindow {
    /// The first row.
    pub from: i64,
    /// The row after the last, at most 200 rows after the first.
    pub to: i64,
}

/// Cells by number, for programs.
#[derive(Debug, Clone, Copy)]
pub struct CellQuery {
    /// Only cells with this verdict.
    pub verdict: Option<Verdict>,
    /// Only cells with a larger number; −1 for the beginning.
    pub after: i64,
    /// At most so many.
    pub limit: i64,
}

impl Engine {
    /// Runs, newest first.
    pub async fn runs(&self, workspace: WorkspaceId, query: RunListQuery) -> Result<Vec<Run>> {
        self.store
            .try_read(move |conn| {
                let card = match &query.card {
                    None => None,
                    Some(slug) => Some(
                        store::cards::find(conn, workspace, slug)?
                            .ok_or_else(|| Error::not_found(format!("card `{slug}`")))?
                            .id,
                    ),
                };
                let filter = store::run_lists::RunFilter {
                    card,
                    state: query.state,
                    before: query.before,
                    limit: query.limit,
                };
                store::run_lists::list(conn, workspace, &filter)?
                    .iter()
                    .map(|row| view::read(conn, row))
                    .collect()
            })
            .await
    }

    /// One run.
    pub async fn run(&self, workspace: WorkspaceId, run: RunId) -> Result<Run> {
        self.store
            .try_read(move |conn| {
                let row = row(conn, workspace, run)?;
                view::read(conn, &row)
            })
            .await
    }

    /// What a run waits for, as this process sees it.
    pub async fn run_waits(&self, workspace: WorkspaceId, run: RunId) -> Result<ProviderWaits> {
        self.store.try_read(move |conn| row(conn, workspace, run)).await?;
        Ok(self.waits.of(run))
    }

    /// The cells of a window of the matrix, row by row.
    pub async fn run_window(
        &self,
        workspace: WorkspaceId,
        run: RunId,
        window: CellWindow,
    ) -> Result<Vec<CellSummary>> {
        if window.from < 0 || window.to < window.from || window.to - window.from > WINDOW {
            return Err(Error::invalid(
                "/row_to",
                format!(
                    "A window has 0 to {WINDOW} rows: row_to is between row_from and row_from + {WINDOW}."
                ),
            ));
        }
        self.store
            .try_read(move |conn| {
                let row = row(conn, workspace, run)?;
                read_window(conn, &row, window)
            })
            .await
    }

    /// Cells by number.
    pub async fn run_cells(
        &self,
        workspace: WorkspaceId,
        run: RunId,
        query: CellQuery,
    ) -> Result<Vec<CellSummary>> {
        self.store
            .try_read(move |conn| {
                let RunRow { matrix, cells: range, .. } = row(conn, workspace, run)?;
                let cells = store::cells::page(conn, range, query.verdict, query.after, query.limit)?;
                Ok(cells.into_iter().filter_map(|cell| CellSummary::of(matrix, range, cell)).collect())
            })
            .await
    }

    /// The cases of a run from one index up to, not including, another.
    pub async fn run_cases(
        &self,
        workspace: WorkspaceId,
        run: RunId,
        from: i64,
        to: i64,
    ) -> Result<Vec<CaseView>> {
        let to = to.min(from.saturating_add(WINDOW));
        self.store
            .try_read(move |conn| {
                row(conn, workspace, run)?;
                read_cases(conn, run, from, to)
            })
            .await
    }

    /// One cell with everything that is known of it.
    pub async fn cell(&self, workspace: WorkspaceId, run: RunId, position: i64) -> Result<CellView> {
        self.store.try_read(move |conn| read_cell(conn, workspace, run, position)).await
    }
}

pub(crate) fn row(conn: &mut Conn, workspace: WorkspaceId, run: RunId) -> Result<RunRow> {
    store::runs::get(conn, workspace, run)?.ok_or_else(|| Error::not_found(format!("run {run}")))
}

/// What was sent for a cell and what came back.
pub(super) fn result_view(result: CellResult) -> Result<ResultView> {
    Ok(ResultView {
        prompt: serde_json::from_str(&result.prompt)?,
        prompt_hash: result.prompt_hash,
        parameters: serde_json::from_str(&result.parameters)?,
        server: result.server,
        digest: result.digest,
        output: result.output,
        tool_calls: match &result.tool_calls {
            Some(tool_calls) => serde_json::from_str(tool_calls)?,
            None => Vec::new(),
        },
        thinking: result.thinking,
        finish_reason: result.finish_reason,
        usage: serde_json::from_str(&result.usage)?,
        cost_usd: result.cost,
        timings: serde_json::from_str(&result.timings)?,
        notes: serde_json::from_str(&result.notes)?,
        started_at: Timestamp(result.started_at),
        finished_at: Timestamp(result.finished_at),
    })
}

pub(crate) fn read_cell(
    conn: &mut Conn,
    workspace: WorkspaceId,
    run: RunId,
    position: i64,
) -> Result<CellView> {
    let missing = || Error::not_found(format!("cell {position} in run {run}"));
    let row = row(conn, workspace, run)?;
    let cell = store::cells::get(conn, row.cells, position)?.ok_or_else(missing)?;
    let result = store::cell_results::result(conn, cell.id)?;
    let attempts = store::cell_results::attempts(conn, &cell, result.as_ref())?;
    let cached_from = match cell.cached_from {
        Some(earlier) => store::runs::of_cell(conn, earlier)?
            .map(|(run_id, run_number, position)| EarlierRun { run_id, run_number, position }),
        None => None,
    };
    let summary = CellSummary::of(row.matrix, row.cells, cell).ok_or_else(missing)?;
    let at = row.matrix.coordinates(u64::try_from(position).map_err(|_| missing())?).ok_or_else(missing)?;
    let mut whole = view::read(conn, &row)?;
    let (version, model) = (at.version as usize, at.model as usize);
    if version >= whole.cards.len() || model >= whole.models.len() {
        return Err(missing());
    }
    let case = store::run_inputs::cases(conn, run, at.case.into(), i64::from(at.case) + 1)?;
    let mut outcomes = Vec::new();
    let result = match result {
        None => None,
        Some(mut result) => {
            outcomes = std::mem::take(&mut result.outcomes);
            Some(result_view(result)?)
        }
    };
    let metric_scores = match summary.verdict {
        Some(Verdict::Pass | Verdict::Fail) => domain::assertion::metric_scores(&outcomes),
        _ => Vec::new(),
    };
    Ok(CellView {
        summary,
        card: whole.cards.swap_remove(version),
        model: whole.models.swap_remove(model),
        case: case_view(case.first().ok_or_else(missing)?)?,
        result,
        outcomes,
        metric_scores,
        attempts: attempts
            .into_iter()
            .map(|attempt| AttemptView {
                number: attempt.number,
                started_at: Timestamp(attempt.started_at),
                latency_ms: attempt.latency_ms,
                error_kind: attempt.error_kind,
                error: attempt.error_detail,
            })
            .collect(),
        cached_from,
    })
}
