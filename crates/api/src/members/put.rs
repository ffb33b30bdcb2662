//! `PUT …/members/{user}`.

use axum::extract::State;
use domain::ids::UserId;
use domain::permission::WorkspaceRole;
use engine::people::Member;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::extract::{AUTH_LIMIT, By, Json, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// What a member is to be.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PutMember {
    /// The role.
    #[garde(skip)]
    role: WorkspaceRole,
}

/// Make an account a member, or give a member another role
///
/// A workspace keeps at least one owner.
#[utoipa::path(put, path = "/api/v1/workspaces/{ws}/members/{user}", tag = "people", request_body = PutMember,
    responses((status = 200, body = Member)))]
pub(crate) async fn put_member(
    State(state): State<ApiState>,
    By(caller): By,
    Path((ws, user)): Path<(String, UserId)>,
    Json(put): Json<PutMember, AUTH_LIMIT>,
) -> Result<Json<Member>> {
    let workspace = state.workspace(&ws).await?;
    Ok(Json(state.engine.people().set_member(&caller, workspace, user, put.role).await?))
}
