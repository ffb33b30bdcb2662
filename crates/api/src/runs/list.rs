//! `GET …/runs`.

use axum::extract::State;
use domain::run::RunState;
use engine::runs::{Run, RunListQuery};
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::extract::{Cursor, Json, PageLimit, Path, Query};
use crate::problem::Result;
use crate::reply::Page;
use crate::state::ApiState;

/// Which runs to list.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RunsQuery {
    /// Only runs of the card with this slug.
    #[garde(inner(length(chars, max = 200)))]
    card: Option<String>,
    /// Only runs in this state.
    #[param(inline)]
    #[garde(skip)]
    state: Option<RunState>,
    /// `next_cursor` of the page before.
    #[param(inline)]
    #[garde(skip)]
    cursor: Option<Cursor>,
    /// Most runs of a page.
    #[serde(default)]
    #[param(inline)]
    #[garde(skip)]
    limit: PageLimit,
}

/// List runs, newest first
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/runs", tag = "runs", params(RunsQuery),
    responses((status = 200, body = Page<Run>)))]
pub(crate) async fn list_runs(
    State(state): State<ApiState>,
    Path(ws): Path<String>,
    Query(query): Query<RunsQuery>,
) -> Result<Json<Page<Run>>> {
    let workspace = state.workspace(&ws).await?;
    let before = query.cursor.map(|cursor| cursor.decode()).transpose()?;
    let limit = query.limit;
    let query = RunListQuery { card: query.card, state: query.state, before, limit: limit.and_one() };
    let runs = state.engine.runs(workspace, query).await?;
    Page::of(runs, limit, |run| run.id).map(Json)
}
