//! `POST …/suites/{suite}/cases`.

use axum::extract::State;
use domain::ids::SuiteId;
use domain::test_case::CaseContent;
use engine::suites::{Case, FIRST_REVISION};

use crate::extract::{By, Create, IdempotencyHeader, Path};
use crate::problem::Result;
use crate::reply::Created;
use crate::state::ApiState;

/// Add a case at the end of a suite
#[utoipa::path(post, path = "/api/v1/workspaces/{ws}/suites/{suite}/cases", tag = "suites",
    params(IdempotencyHeader), request_body = CaseContent,
    responses((status = 201, body = Case, headers(("Location" = String), ("ETag" = String)))))]
pub(crate) async fn create_case(
    State(state): State<ApiState>,
    By(caller): By,
    Path((ws, suite)): Path<(String, SuiteId)>,
    Create { body, idempotency }: Create<CaseContent>,
) -> Result<Created<Case>> {
    let workspace = state.workspace(&ws).await?;
    let created = state.engine.create_case(&caller, workspace, suite, body, idempotency).await?;
    Ok(Created {
        location: format!("/api/v1/workspaces/{ws}/suites/{suite}/cases/{}", created.value.id),
        revision: Some(FIRST_REVISION),
        replayed: created.replayed,
        body: created.value,
    })
}
