//! `GET …/runs/{run}/cases`.

use axum::extract::State;
use domain::ids::RunId;
use engine::runs::CaseView;
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::extract::{Json, Path, Query};
use crate::problem::Result;
use crate::reply::Page;
use crate::state::ApiState;

/// Which cases of the run to list.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RunCasesQuery {
    /// Index of the first case.
    #[garde(range(min = 0))]
    from: i64,
    /// The index after the last; at most 200 cases come.
    #[garde(range(min = 0))]
    to: i64,
}

/// List cases of a run, as they were when it was started
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/runs/{run}/cases", tag = "runs", params(RunCasesQuery),
    responses((status = 200, body = Page<CaseView>)))]
pub(crate) async fn list_run_cases(
    State(state): State<ApiState>,
    Path((ws, run)): Path<(String, RunId)>,
    Query(query): Query<RunCasesQuery>,
) -> Result<Json<Page<CaseView>>> {
    let workspace = state.workspace(&ws).await?;
    Ok(Json(Page::whole(state.engine.run_cases(workspace, run, query.from, query.to).await?)))
}
