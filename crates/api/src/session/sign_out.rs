//! `DELETE /api/v1/session`.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode};

use crate::extract::By;
use crate::problem::Result;
use crate::state::ApiState;

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// Sign out
///
/// The session ends, and its tokens are refused from now on.
#[utoipa::path(delete, path = "/api/v1/session", tag = "people",
    responses((status = 204, description = "Signed out.",
               headers(("Set-Cookie" = String), ("Clear-Site-Data" = String)))))]
pub(crate) async fn sign_out(State(state): State<ApiState>, By(caller): By) -> Result<Response> {
    state.engine.people().sign_out(&caller).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    state.cookies.clear(headers)?;
    headers.insert(CLEAR_SITE_DATA, HeaderValue::from_static("\"cache\", \"storage\""));
    Ok(response)
}
