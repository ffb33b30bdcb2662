//! `GET /api/v1/audit`.

use axum::extract::State;
use domain::audit::Action;
use domain::clock::Timestamp;
use engine::audit::{AuditLine, AuditQuery};
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::extract::{Cursor, Json, PageLimit, Query};
use crate::problem::{ApiError, FieldError, Result};
use crate::reply::Page;
use crate::state::ApiState;

/// Which lines to list.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LinesQuery {
    /// Only what the account with this id did.
    #[garde(inner(length(chars, max = 64)))]
    actor: Option<String>,
    /// Only this action, such as `label.move`.
    #[garde(inner(length(chars, max = 64)))]
    action: Option<String>,
    /// Only what was done to this: a kind, a colon and an id, such as `card:01890a5d-ac96-774b-bcce-b302099a8057`.
    #[garde(inner(length(chars, max = 200)))]
    object: Option<String>,
    /// Only what was `done`, or what was `refused`.
    #[garde(inner(length(chars, max = 16)))]
    outcome: Option<String>,
    /// Not before this time.
    #[param(value_type = Option<String>, format = DateTime)]
    #[garde(skip)]
    after: Option<Timestamp>,
    /// Before this time.
    #[param(value_type = Option<String>, format = DateTime)]
    #[garde(skip)]
    before: Option<Timestamp>,
    /// `next_cursor` of the page before.
    #[param(inline)]
    #[garde(skip)]
    cursor: Option<Cursor>,
    /// Most lines of a page.
    #[serde(default)]
    #[param(inline)]
    #[garde(skip)]
    limit: PageLimit,
}

/// List what was done by whom, newest first
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit", params(LinesQuery),
    responses((status = 200, body = Page<AuditLine>)))]
pub(crate) async fn list_audit_lines(
    State(state): State<ApiState>,
    Query(query): Query<LinesQuery>,
) -> Result<Json<Page<AuditLine>>> {
    if let Some(Err(detail)) = query.action.as_deref().map(str::parse::<Action>) {
        return Err(ApiError::invalid(vec![FieldError::new("/action", format!("{detail}."))]));
    }
    let limit = query.limit;
    let below = query.cursor.map(|cursor| cursor.decode()).transpose()?;
    let query = AuditQuery {
        actor: query.actor,
        action: query.action,
        object: query.object,
        outcome: query.outcome,
        since: query.after.map(|time| time.0),
        until: query.before.map(|time| time.0),
        below,
        limit: limit.and_one(),
    };
    Page::of(state.engine.audit_lines(query).await?, limit, |line| line.seq).map(Json)
}
