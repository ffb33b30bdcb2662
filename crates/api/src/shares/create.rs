//! `POST …/shares`.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use engine::shares::{NewShare, Share};
use http::StatusCode;
use secrecy::ExposeSecret;
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::{AUTH_LIMIT, By, Json, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// A share that was just made.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreatedShare {
    /// The share.
    share: Share,
    /// The address of its link, shown this once. Its secret stands behind `#`, where no server sees it.
    path: Option<String>,
}

/// Let others read a card or a run
///
/// By a link, by their accounts, or by both. They read this and nothing else. Nothing is sent: hand the link over.
#[utoipa::path(post, path = "/api/v1/workspaces/{ws}/shares", tag = "shares", request_body = NewShare,
    responses((status = 201, body = CreatedShare)))]
pub(crate) async fn create_share(
    State(state): State<ApiState>,
    By(caller): By,
    Path(ws): Path<String>,
    Json(new): Json<NewShare, AUTH_LIMIT>,
) -> Result<Response> {
    let workspace = state.workspace(&ws).await?;
    let made = state.engine.create_share(&caller, workspace, new).await?;
    let path = made.secret.map(|secret| format!("/shared#{}", secret.expose_secret()));
    Ok((StatusCode::CREATED, Json(CreatedShare { share: made.share, path })).into_response())
}
