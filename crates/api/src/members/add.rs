//! `POST …/members`.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use engine::people::{Member, NewMember};
use http::StatusCode;

use crate::extract::{AUTH_LIMIT, By, Json, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// Add a member by name
///
/// The account is found by its name or its e-mail address. An owner, who sees no list of accounts, is told when there is
/// no such one.
#[utoipa::path(post, path = "/api/v1/workspaces/{ws}/members", tag = "people", request_body = NewMember,
    responses((status = 201, body = Member)))]
pub(crate) async fn add_member(
    State(state): State<ApiState>,
    By(caller): By,
    Path(ws): Path<String>,
    Json(new): Json<NewMember, AUTH_LIMIT>,
) -> Result<Response> {
    let workspace = state.workspace(&ws).await?;
    let member = state.engine.people().add_member(&caller, workspace, new).await?;
    Ok((StatusCode::CREATED, Json(member)).into_response())
}
