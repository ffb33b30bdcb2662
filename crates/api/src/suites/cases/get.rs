//! `GET …/suites/{suite}/cases/{case}`.

use axum::extract::State;
use domain::ids::{CaseId, SuiteId};
use engine::suites::Case;

use crate::extract::Path;
use crate::problem::Result;
use crate::reply::Tagged;
use crate::state::ApiState;

/// Read a case
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/suites/{suite}/cases/{case}", tag = "suites",
    responses((status = 200, body = Case, headers(("ETag" = String)))))]
pub(crate) async fn get_case(
    State(state): State<ApiState>,
    Path((ws, suite, case)): Path<(String, SuiteId, CaseId)>,
) -> Result<Tagged<Case>> {
    let workspace = state.workspace(&ws).await?;
    Ok(Tagged(state.engine.case(workspace, suite, case).await?))
}
