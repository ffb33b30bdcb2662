//! `POST …/suites/{suite}/cases/{case}/restore`.

use axum::extract::State;
use domain::ids::{CaseId, SuiteId};
use engine::suites::Case;

use crate::extract::{By, Path};
use crate::problem::Result;
use crate::reply::Tagged;
use crate::state::ApiState;

/// Bring a deleted case back to its place
#[utoipa::path(post, path = "/api/v1/workspaces/{ws}/suites/{suite}/cases/{case}/restore", tag = "suites",
    responses((status = 200, body = Case, headers(("ETag" = String)))))]
pub(crate) async fn restore_case(
    State(state): State<ApiState>,
    By(caller): By,
    Path((ws, suite, case)): Path<(String, SuiteId, CaseId)>,
) -> Result<Tagged<Case>> {
    let workspace = state.workspace(&ws).await?;
    Ok(Tagged(state.engine.restore_case(&caller, workspace, suite, case).await?))
}
