//! `PATCH …/suites/{suite}`.

use axum::extract::State;
use domain::ids::SuiteId;
use engine::suites::{RenameSuite, Suite};

use crate::extract::{By, IfMatch, Json, Path};
use crate::problem::Result;
use crate::reply::Tagged;
use crate::state::ApiState;

/// Rename a suite
#[utoipa::path(patch, path = "/api/v1/workspaces/{ws}/suites/{suite}", tag = "suites", params(IfMatch),
    request_body = RenameSuite, responses((status = 200, body = Suite, headers(("ETag" = String)))))]
pub(crate) async fn rename_suite(
    State(state): State<ApiState>,
    By(caller): By,
    Path((ws, suite)): Path<(String, SuiteId)>,
    IfMatch(revision): IfMatch,
    Json(rename): Json<RenameSuite>,
) -> Result<Tagged<Suite>> {
    let workspace = state.workspace(&ws).await?;
    Ok(Tagged(state.engine.rename_suite(&caller, workspace, suite, revision, rename).await?))
}
