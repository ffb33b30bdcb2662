//! Results of a run, whole: for files of results, which want what the matrix shows, the answers and the cases.

use domain::ids::{RunId, WorkspaceId};
use domain::test_case::CaseContent;
use domain::verdict::Outcome;
use serde::{Deserialize, Serialize};
use store::Conn;
use store::runs::RunRow;
use utoipa::ToSchema;

use super::cell_view::{CellSummary, ResultView};
use super::queries::{result_view, row};
use crate::Engine;
use crate::error::Result;

/// A cell with what was asked and what came back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CellReport {
    /// What the matrix shows.
    pub summary: CellSummary,
    /// The case, as it was when the run was started.
    pub case: CaseContent,
    /// What was sent and what came back. None while it is not finished.
    pub result: Option<ResultView>,
    /// What each assertion found, in the order of the case.
    pub outcomes: Vec<Outcome>,
    /// Why there is no answer. None: there is one, or the cell is not finished.
    pub error: Option<String>,
}

impl Engine {
    /// Cells row by row and column by column, from an index in that order on.
    pub async fn run_results(
        &self,
        workspace: WorkspaceId,
        run: RunId,
        from: i64,
        limit: i64,
    ) -> Result<Vec<CellReport>> {
        self.store
            .try_read(move |conn| {
                let row = row(conn, workspace, run)?;
                let columns = i64::from(row.matrix.columns()).max(1);
                let end = from.saturating_add(limit).min(columns * i64::from(row.matrix.rows()));
                let mut reports = Vec::new();
                let mut case: Option<(i64, CaseContent)> = None;
                for index in from..end {
                    reports.extend(report(conn, &row, index / columns, index % columns, &mut case)?);
                }
                Ok(reports)
            })
            .await
    }
}

/// The cell of a row and a column. `kept` is the last case that was read: the columns of a row share it.
fn report(
    conn: &mut Conn,
    run: &RunRow,
    row: i64,
    column: i64,
    kept: &mut Option<(i64, CaseContent)>,
) -> Result<Option<CellReport>> {
    let position = column * i64::from(run.matrix.rows()) + row;
    let Some(cell) = store::cells::get(conn, run.cells, position)? else { return Ok(None) };
    let result = store::cell_results::result(conn, cell.id)?;
    let attempts = store::cell_results::attempts(conn, &cell, result.as_ref())?;
    let Some(summary) = CellSummary::of(run.matrix, run.cells, cell) else { return Ok(None) };
    let number = summary.case_position;
    if kept.as_ref().is_none_or(|(known, _)| *known != number) {
        let found = store::run_inputs::case_contents(conn, run.id, number..number + 1)?;
        let Some(content) = found.first() else { return Ok(None) };
        *kept = Some((number, serde_json::from_str(content)?));
    }
    let Some((_, case)) = kept.clone() else { return Ok(None) };
    let outcomes = result.as_ref().map(|result| result.outcomes.clone()).unwrap_or_default();
    // A cell whose last call failed has no answer, and one that was never asked has no call either.
    let answered = result.as_ref().is_some_and(|_| {
        let last_failed = attempts.last().is_some_and(|attempt| attempt.error_kind.is_some());
        !last_failed && (!attempts.is_empty() || summary.cached)
    });
    let error = (result.is_some() && !answered).then(|| summary.reason.clone());
    let result = result.map(result_view).transpose()?;
    Ok(Some(CellReport { summary, case, result, outcomes, error }))
}
