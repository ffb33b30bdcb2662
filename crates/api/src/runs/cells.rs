//! `GET …/runs/{run}/cells`: a window of the matrix, or page by page.

use axum::extract::State;
use domain::ids::RunId;
use domain::verdict::Verdict;
use engine::runs::{CellQuery, CellSummary, CellWindow};
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::extract::{Cursor, Json, PageLimit, Path, Query};
use crate::problem::{ApiError, FieldError, Result};
use crate::reply::Page;
use crate::state::ApiState;

/// Which cells to list: a window of rows, or all of a verdict page by page.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CellsQuery {
    /// First row of the window.
    #[garde(skip)]
    row_from: Option<i64>,
    /// The row after the last of the window, at most 200 after the first.
    #[garde(skip)]
    row_to: Option<i64>,
    /// Only cells with this verdict.
    #[param(inline)]
    #[garde(skip)]
    verdict: Option<Verdict>,
    /// `next_cursor` of the page before.
    #[param(inline)]
    #[garde(skip)]
    cursor: Option<Cursor>,
    /// Most cells of a page; a window has all of its cells.
    #[serde(default)]
    #[param(inline)]
    #[garde(skip)]
    limit: PageLimit,
}

impl CellsQuery {
    fn window(&self) -> Result<Option<CellWindow>> {
        let wrong = |pointer: &str, detail: &str| ApiError::invalid(vec![FieldError::new(pointer, detail)]);
        match (self.row_from, self.row_to) {
            (None, None) => Ok(None),
            (Some(_), Some(_)) if self.verdict.is_some() => {
                Err(wrong("/verdict", "A window has all its cells; leave out `verdict` or the window."))
            }
            (Some(_), Some(_)) if self.cursor.is_some() => {
                Err(wrong("/cursor", "A window has no further page; leave out `cursor` or the window."))
            }
            (Some(from), Some(to)) => Ok(Some(CellWindow { from, to })),
            (Some(_), None) => Err(wrong("/row_to", "A window needs `row_to` too.")),
            (None, Some(_)) => Err(wrong("/row_from", "A window needs `row_from` too.")),
        }
    }
}

/// List cells of a run
///
/// With `row_from` and `row_to` a window of the matrix, row by row; without them page by page, by position.
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/runs/{run}/cells", tag = "runs", params(CellsQuery),
    responses((status = 200, body = Page<CellSummary>)))]
pub(crate) async fn list_cells(
    State(state): State<ApiState>,
    Path((ws, run)): Path<(String, RunId)>,
    Query(query): Query<CellsQuery>,
) -> Result<Json<Page<CellSummary>>> {
    let workspace = state.workspace(&ws).await?;
    if let Some(window) = query.window()? {
        return Ok(Json(Page::whole(state.engine.run_window(workspace, run, window).await?)));
    }
    let after: Option<i64> = query.cursor.map(|cursor| cursor.decode()).transpose()?;
    let limit = query.limit;
    let page = CellQuery { verdict: query.verdict, after: after.unwrap_or(-1), limit: limit.and_one() };
    let cells = state.engine.run_cells(workspace, run, page).await?;
    Page::of(cells, limit, |cell| cell.position).map(Json)
}
