//! `GET` and `PUT …/budget`: what a workspace may use on a day.

use axum::extract::State;
use domain::budget::Budget;
use engine::limits::BudgetView;

use crate::extract::{By, Json, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// Show the budget
///
/// What the workspace may use on each day, in calls of models, tokens and US dollars, and what it has used today. Days
/// are those of UTC.
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/budget", tag = "workspaces",
    responses((status = 200, body = BudgetView)))]
pub(crate) async fn get_budget(
    State(state): State<ApiState>,
    Path(ws): Path<String>,
) -> Result<Json<BudgetView>> {
    let workspace = state.workspace(&ws).await?;
    Ok(Json(state.engine.budget(workspace).await?))
}

/// Set the budget
///
/// What is left out has no limit. A run that would exceed it is paused and says why; raised, or on the next day, it can
/// be resumed. Calls that are under way when tokens or dollars are used up end and count.
#[utoipa::path(put, path = "/api/v1/workspaces/{ws}/budget", tag = "workspaces", request_body = Budget,
    responses((status = 200, body = BudgetView)))]
pub(crate) async fn set_budget(
    State(state): State<ApiState>,
    By(caller): By,
    Path(ws): Path<String>,
    Json(budget): Json<Budget>,
) -> Result<Json<BudgetView>> {
    let workspace = state.workspace(&ws).await?;
    Ok(Json(state.engine.set_budget(&caller, workspace, budget).await?))
}
