//! Reading parts of a run, for whoever may.

use domain::ids::RunId;
use domain::test_case::CaseContent;
use store::Conn;
use store::run_inputs::RunCase;
use store::runs::RunRow;

use super::cell_view::{CaseView, CellSummary};
use super::queries::CellWindow;
use crate::error::Result;

/// The cells of a window of the matrix, row by row.
pub(crate) fn read_window(conn: &mut Conn, run: &RunRow, window: CellWindow) -> Result<Vec<CellSummary>> {
    let RunRow { matrix, cells: range, .. } = *run;
    let rows = i64::from(matrix.rows());
    let (from, to) = (window.from.min(rows), window.to.min(rows));
    let mut cells = Vec::new();
    // The rows of a column have numbers that follow each other.
    for column in 0..i64::from(matrix.columns()) {
        let first = column * rows;
        let found = store::cells::between(conn, range, &(first + from..first + to))?;
        cells.extend(found.into_iter().filter_map(|cell| CellSummary::of(matrix, range, cell)));
    }
    cells.sort_by_key(|cell| (cell.row, cell.column));
    Ok(cells)
}

/// The cases of a run from one index up to, not including, another.
pub(crate) fn read_cases(conn: &mut Conn, run: RunId, from: i64, to: i64) -> Result<Vec<CaseView>> {
    store::run_inputs::cases(conn, run, from, to)?.iter().map(case_view).collect()
}

pub(super) fn case_view(case: &RunCase) -> Result<CaseView> {
    let content: CaseContent = serde_json::from_str(&case.content)?;
    Ok(CaseView {
        position: case.position,
        case_id: case.case_id,
        description: content.description,
        variables: content.variables,
        expected_output: content.expected_output,
        tags: content.tags,
    })
}
