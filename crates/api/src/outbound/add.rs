//! `POST /api/v1/outbound/endpoints`.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use engine::outbound::{AllowedEndpoint, ListedEndpoint, NewEndpoint};
use http::StatusCode;

use crate::extract::{By, Json};
use crate::problem::Result;
use crate::state::ApiState;

/// Let the server call something
///
/// A scheme, a host or a network, and a port. A listed name may stand for any machine but this one. Link-local
/// addresses, metadata of clouds, multicast, this server's own port and those of databases are refused, also where a
/// network holds them.
#[utoipa::path(post, path = "/api/v1/outbound/endpoints", tag = "outbound", request_body = NewEndpoint,
    responses((status = 201, body = AllowedEndpoint, description = "It is listed now."),
              (status = 200, body = AllowedEndpoint, description = "It was listed already.")))]
pub(crate) async fn add_endpoint(
    State(state): State<ApiState>,
    By(caller): By,
    Json(new): Json<NewEndpoint>,
) -> Result<Response> {
    let (status, endpoint) = match state.engine.allow_endpoint(&caller, new).await? {
        ListedEndpoint::New(endpoint) => (StatusCode::CREATED, endpoint),
        ListedEndpoint::Known(endpoint) => (StatusCode::OK, endpoint),
    };
    Ok((status, Json(endpoint)).into_response())
}
