//! `PATCH …/providers/{provider}`.

use axum::extract::State;
use domain::ids::ProviderId;
use engine::providers::{EditProvider, Provider};

use crate::extract::{By, IfMatch, Json, Path};
use crate::problem::Result;
use crate::reply::Tagged;
use crate::state::ApiState;

/// Change a provider
///
/// Another scheme, host or port in its address takes its key away, which was given for the one before. 409 if the
/// configuration names it, or its address is changed while a run uses it that has not ended.
#[utoipa::path(patch, path = "/api/v1/workspaces/{ws}/providers/{provider}", tag = "providers", params(IfMatch),
    request_body = EditProvider, responses((status = 200, body = Provider, headers(("ETag" = String)))))]
pub(crate) async fn edit_provider(
    State(state): State<ApiState>,
    By(caller): By,
    Path((ws, provider)): Path<(String, ProviderId)>,
    IfMatch(revision): IfMatch,
    Json(edit): Json<EditProvider>,
) -> Result<Tagged<Provider>> {
    let workspace = state.workspace(&ws).await?;
    Ok(Tagged(state.engine.edit_provider(&caller, workspace, provider, revision, edit).await?))
}
