//! `GET …/suites/{suite}`.

use axum::extract::State;
use domain::ids::SuiteId;
use engine::suites::Suite;

use crate::extract::Path;
use crate::problem::Result;
use crate::reply::Tagged;
use crate::state::ApiState;

/// Read a suite
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/suites/{suite}", tag = "suites",
    responses((status = 200, body = Suite, headers(("ETag" = String)))))]
pub(crate) async fn get_suite(
    State(state): State<ApiState>,
    Path((ws, suite)): Path<(String, SuiteId)>,
) -> Result<Tagged<Suite>> {
    let workspace = state.workspace(&ws).await?;
    Ok(Tagged(state.engine.suite(workspace, suite).await?))
}
