//! `POST …/providers/{provider}/models`.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::ids::ProviderId;
use engine::models::{Pull, PullStarted};
use garde::Validate;
use http::{StatusCode, header};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::extract::{By, Json, Path};
use crate::problem::Result;
use crate::reply::set;
use crate::state::ApiState;

/// Which model to pull.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PullRequest {
    /// Its name, with or without a tag: `llama3.2`, `qwen3:8b`, `hf.co/team/model:Q4_K_M`.
    #[garde(length(chars, min = 1, max = 200), custom(model_name))]
    #[schema(min_length = 1, max_length = 200)]
    name: String,
}

/// What no registry has in a name, Ollama itself is asked about.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that garde calls")]
fn model_name(name: &str, _: &()) -> garde::Result {
    if name.chars().any(|letter| letter.is_whitespace() || letter.is_control()) {
        return Err(garde::Error::new("is no name of a model: it holds a space or a control character"));
    }
    Ok(())
}

/// Pull a model
///
/// Only Ollama does it. The pull goes on when nobody looks; `…/pulls/{pull}` says how far it is, and `…/events`
/// under it tells as it comes. It ends with this server: the model server keeps what came, and a pull of the same
/// model goes on from there.
#[utoipa::path(post, path = "/api/v1/workspaces/{ws}/providers/{provider}/models", tag = "models",
    request_body = PullRequest,
    responses((status = 202, body = Pull, description = "Begun.", headers(("Location" = String))),
              (status = 200, body = Pull, description = "The same is being pulled already: that pull.",
               headers(("Location" = String)))))]
pub(crate) async fn pull_model(
    State(state): State<ApiState>,
    By(caller): By,
    Path((ws, provider)): Path<(String, ProviderId)>,
    Json(request): Json<PullRequest>,
) -> Result<Response> {
    let workspace = state.workspace(&ws).await?;
    let (status, pull) = match state.engine.start_pull(&caller, workspace, provider, &request.name).await? {
        PullStarted::New(pull) => (StatusCode::ACCEPTED, pull),
        PullStarted::Joined(pull) => (StatusCode::OK, pull),
    };
    let location = format!("/api/v1/workspaces/{ws}/providers/{provider}/pulls/{}", pull.id);
    let mut response = (status, Json(pull)).into_response();
    set(&mut response, header::LOCATION, &location);
    Ok(response)
}
