//! `POST /api/v1/account/api-keys`.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use engine::people::{ApiKey, NewApiKey};
use http::StatusCode;
use secrecy::ExposeSecret;
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::{AUTH_LIMIT, By, Json};
use crate::problem::Result;
use crate::state::ApiState;

/// An API key that was just made.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreatedApiKey {
    /// What is kept of it.
    #[serde(flatten)]
    api_key: ApiKey,
    /// All of it, shown this once. It goes into `Authorization: Bearer`.
    key: String,
}

/// Make an API key
///
/// It opens one workspace, may do what its scopes say, and never more than its owner. With a budget, the runs that it
/// starts use no more than that on a day.
#[utoipa::path(post, path = "/api/v1/account/api-keys", tag = "people", request_body = NewApiKey,
    responses((status = 201, body = CreatedApiKey)))]
pub(crate) async fn create_api_key(
    State(state): State<ApiState>,
    By(caller): By,
    Json(new): Json<NewApiKey, AUTH_LIMIT>,
) -> Result<Response> {
    let made = state.engine.people().create_api_key(&caller, new).await?;
    let key = made.text.expose_secret().to_owned();
    Ok((StatusCode::CREATED, Json(CreatedApiKey { api_key: made.key, key })).into_response())
}
