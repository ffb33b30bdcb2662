//! `GET …/runs/{run}/rows`.

use axum::extract::State;
use domain::ids::RunId;
use engine::runs::{RowFilter, Rows};
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::extract::{Json, Path, Query};
use crate::problem::Result;
use crate::state::ApiState;

/// Which rows of the matrix to name.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RowsQuery {
    /// Only rows of this kind.
    #[serde(default)]
    #[param(inline)]
    #[garde(skip)]
    show: RowFilter,
    /// Only rows with this text in description, variables or an output, whatever its case.
    #[garde(inner(length(chars, max = 200)))]
    search: Option<String>,
}

/// Name the rows of the matrix that a filter leaves
///
/// A row is case × repeats + repeat.
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/runs/{run}/rows", tag = "runs", params(RowsQuery),
    responses((status = 200, body = Rows)))]
pub(crate) async fn get_run_rows(
    State(state): State<ApiState>,
    Path((ws, run)): Path<(String, RunId)>,
    Query(query): Query<RowsQuery>,
) -> Result<Json<Rows>> {
    let workspace = state.workspace(&ws).await?;
    Ok(Json(state.engine.run_rows(workspace, run, query.show, query.search).await?))
}
