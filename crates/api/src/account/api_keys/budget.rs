//! `PUT /api/v1/account/api-keys/{key}/budget`.

use axum::extract::State;
use domain::budget::Budget;
use domain::ids::ApiKeyId;
use engine::limits::BudgetView;

use crate::extract::{AUTH_LIMIT, By, Json, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// Set the budget of one of one's own API keys
///
/// What the runs that it starts may use on each day, beside what their workspace may. What is left out has no limit. A
/// run that would exceed it is paused and says why.
#[utoipa::path(put, path = "/api/v1/account/api-keys/{key}/budget", tag = "people", request_body = Budget,
    responses((status = 200, body = BudgetView)))]
pub(crate) async fn set_api_key_budget(
    State(state): State<ApiState>,
    By(caller): By,
    Path(key): Path<ApiKeyId>,
    Json(budget): Json<Budget, AUTH_LIMIT>,
) -> Result<Json<BudgetView>> {
    Ok(Json(state.engine.people().set_api_key_budget(&caller, key, budget).await?))
}
