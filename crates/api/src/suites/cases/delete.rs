//! `DELETE …/suites/{suite}/cases/{case}`.

use axum::extract::State;
use domain::ids::{CaseId, SuiteId};
use http::StatusCode;

use crate::extract::{By, IfMatch, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// Delete a case
///
/// It can be restored. Runs keep their copies.
#[utoipa::path(delete, path = "/api/v1/workspaces/{ws}/suites/{suite}/cases/{case}", tag = "suites",
    params(IfMatch), responses((status = 204, description = "The case is gone.")))]
pub(crate) async fn delete_case(
    State(state): State<ApiState>,
    By(caller): By,
    Path((ws, suite, case)): Path<(String, SuiteId, CaseId)>,
    IfMatch(revision): IfMatch,
) -> Result<StatusCode> {
    let workspace = state.workspace(&ws).await?;
    state.engine.delete_case(&caller, workspace, suite, case, revision).await?;
    Ok(StatusCode::NO_CONTENT)
}
