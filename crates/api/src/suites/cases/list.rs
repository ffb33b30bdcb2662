//! `GET …/suites/{suite}/cases`.

use axum::extract::State;
use domain::ids::SuiteId;
use engine::suites::{Case, CaseQuery};
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::extract::{Cursor, Json, PageLimit, Path, Query};
use crate::problem::Result;
use crate::reply::Page;
use crate::state::ApiState;

/// Which cases to list.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CaseListQuery {
    /// Only cases with this text in description, variables, expected output or tags, whatever its case.
    #[garde(inner(length(chars, max = 200)))]
    search: Option<String>,
    /// Only cases with this tag.
    #[garde(inner(length(chars, max = 50)))]
    tag: Option<String>,
    /// `next_cursor` of the page before.
    #[param(inline)]
    #[garde(skip)]
    cursor: Option<Cursor>,
    /// Most cases of a page.
    #[serde(default)]
    #[param(inline)]
    #[garde(skip)]
    limit: PageLimit,
}

/// List the cases of a suite, in their order
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/suites/{suite}/cases", tag = "suites", params(CaseListQuery),
    responses((status = 200, body = Page<Case>)))]
pub(crate) async fn list_cases(
    State(state): State<ApiState>,
    Path((ws, suite)): Path<(String, SuiteId)>,
    Query(query): Query<CaseListQuery>,
) -> Result<Json<Page<Case>>> {
    let workspace = state.workspace(&ws).await?;
    let after: Option<i64> = query.cursor.map(|cursor| cursor.decode()).transpose()?;
    let query = CaseQuery {
        search: query.search,
        tag: query.tag,
        after: after.unwrap_or(0),
        limit: usize::try_from(query.limit.get()).unwrap_or(usize::MAX),
    };
    let list = state.engine.cases(workspace, suite, query).await?;
    let next_cursor = list.next.map(|next| Cursor::encode(&next)).transpose()?;
    Ok(Json(Page { items: list.cases, next_cursor }))
}
