//! `POST …/runs`.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::run::RunRequest;
use engine::runs::{Run, Started};
use http::{HeaderValue, StatusCode, header};

use crate::extract::{By, Create, IdempotencyHeader, Json, Path};
use crate::problem::Result;
use crate::reply::{REPLAYED, set};
use crate::state::ApiState;

/// Start a run
///
/// It is on the disk with all its cells when the answer comes. If the same is running already, that run comes back.
#[utoipa::path(post, path = "/api/v1/workspaces/{ws}/runs", tag = "runs", params(IdempotencyHeader),
    request_body = RunRequest,
    responses((status = 202, body = Run, description = "Started.", headers(("Location" = String))),
              (status = 200, body = Run, description = "The same is running already: this run.",
               headers(("Location" = String)))))]
pub(crate) async fn start_run(
    State(state): State<ApiState>,
    By(caller): By,
    Path(ws): Path<String>,
    Create { body, idempotency }: Create<RunRequest>,
) -> Result<Response> {
    let workspace = state.workspace(&ws).await?;
    let (status, replayed, run) = match state.engine.start_run(&caller, workspace, body, idempotency).await? {
        Started::New(run) => (StatusCode::ACCEPTED, false, run),
        Started::Replayed { run, running: false } => (StatusCode::ACCEPTED, true, run),
        Started::Replayed { run, running: true } => (StatusCode::OK, true, run),
        Started::Running(run) => (StatusCode::OK, false, run),
    };
    let location = format!("/api/v1/workspaces/{ws}/runs/{}", run.id);
    let mut response = (status, Json(run)).into_response();
    set(&mut response, header::LOCATION, &location);
    if replayed {
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    }
    Ok(response)
}
