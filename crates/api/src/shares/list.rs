//! `GET …/shares`.

use axum::extract::State;
use domain::ids::RunId;
use engine::shares::{Share, ShareFilter};
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::extract::{Cursor, Json, PageLimit, Path, Query};
use crate::problem::Result;
use crate::reply::Page;
use crate::state::ApiState;

/// Which shares to list.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ShareListQuery {
    /// Only shares of the card with this slug.
    #[garde(inner(length(chars, max = 100)))]
    card: Option<String>,
    /// Only shares of this run.
    #[garde(skip)]
    run: Option<RunId>,
    /// `next_cursor` of the page before.
    #[param(inline)]
    #[garde(skip)]
    cursor: Option<Cursor>,
    /// Most shares of a page.
    #[serde(default)]
    #[param(inline)]
    #[garde(skip)]
    limit: PageLimit,
}

/// List shares that have not expired, the latest first
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/shares", tag = "shares", params(ShareListQuery),
    responses((status = 200, body = Page<Share>)))]
pub(crate) async fn list_shares(
    State(state): State<ApiState>,
    Path(ws): Path<String>,
    Query(query): Query<ShareListQuery>,
) -> Result<Json<Page<Share>>> {
    let workspace = state.workspace(&ws).await?;
    let filter = ShareFilter {
        card: query.card,
        run: query.run,
        before: query.cursor.map(|cursor| cursor.decode()).transpose()?,
        limit: query.limit.and_one(),
    };
    let shares = state.engine.shares(workspace, filter).await?;
    Page::of(shares, query.limit, |share| share.id).map(Json)
}
