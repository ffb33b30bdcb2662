//! `GET …/runs/{run}/results`.

use axum::extract::State;
use domain::ids::RunId;
use engine::runs::CellReport;

use crate::extract::{Json, PageQuery, Path, Query};
use crate::problem::Result;
use crate::reply::Page;
use crate::state::ApiState;

/// List cells of a run with cases and answers
///
/// Row by row and column by column, as files of results have them. A cell that is not finished has no result.
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/runs/{run}/results", tag = "runs", params(PageQuery),
    responses((status = 200, body = Page<CellReport>)))]
pub(crate) async fn list_results(
    State(state): State<ApiState>,
    Path((ws, run)): Path<(String, RunId)>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<CellReport>>> {
    let workspace = state.workspace(&ws).await?;
    let from = query.after::<i64>()?.map_or(0, |last| last.saturating_add(1).max(0));
    let cells = state.engine.run_results(workspace, run, from, query.limit.and_one()).await?;
    let mut index = from;
    let numbered = cells.into_iter().map(|cell| {
        index += 1;
        (index - 1, cell)
    });
    let Page { items, next_cursor } = Page::of(numbered.collect(), query.limit, |(index, _)| *index)?;
    Ok(Json(Page { items: items.into_iter().map(|(_, cell)| cell).collect(), next_cursor }))
}
