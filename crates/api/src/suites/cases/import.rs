//! `POST …/suites/{suite}/cases/import`.

use axum::extract::State;
use domain::ids::SuiteId;
use engine::suites::{ImportCases, Imported};

use crate::extract::{By, Create, IMPORT_LIMIT, IdempotencyHeader, Path};
use crate::problem::Result;
use crate::reply::Created;
use crate::state::ApiState;

/// Add cases at the end of a suite, all or none
///
/// At most 10,000 cases and 10 MiB at once.
#[utoipa::path(post, path = "/api/v1/workspaces/{ws}/suites/{suite}/cases/import", tag = "suites",
    params(IdempotencyHeader), request_body = ImportCases,
    responses((status = 201, body = Imported, headers(("Location" = String)))))]
pub(crate) async fn import_cases(
    State(state): State<ApiState>,
    By(caller): By,
    Path((ws, suite)): Path<(String, SuiteId)>,
    Create { body, idempotency }: Create<ImportCases, IMPORT_LIMIT>,
) -> Result<Created<Imported>> {
    let workspace = state.workspace(&ws).await?;
    let created = state.engine.import_cases(&caller, workspace, suite, body, idempotency).await?;
    Ok(Created {
        location: format!("/api/v1/workspaces/{ws}/suites/{suite}/cases"),
        revision: None,
        replayed: created.replayed,
        body: created.value,
    })
}
