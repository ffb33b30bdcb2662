//! `PUT …/suites/{suite}/cases/{case}`.

use axum::extract::State;
use domain::ids::{CaseId, SuiteId};
use domain::test_case::CaseContent;
use engine::suites::Case;

use crate::extract::{By, IfMatch, Json, Path};
use crate::problem::Result;
use crate::reply::Tagged;
use crate::state::ApiState;

/// Replace a case
///
/// Runs keep the case as it was when they were started.
#[utoipa::path(put, path = "/api/v1/workspaces/{ws}/suites/{suite}/cases/{case}", tag = "suites", params(IfMatch),
    request_body = CaseContent, responses((status = 200, body = Case, headers(("ETag" = String)))))]
pub(crate) async fn edit_case(
    State(state): State<ApiState>,
    By(caller): By,
    Path((ws, suite, case)): Path<(String, SuiteId, CaseId)>,
    IfMatch(revision): IfMatch,
    Json(content): Json<CaseContent>,
) -> Result<Tagged<Case>> {
    let workspace = state.workspace(&ws).await?;
    Ok(Tagged(state.engine.edit_case(&caller, workspace, suite, case, revision, content).await?))
}
