//! `GET /api/v1/outbound/endpoints`.

use axum::extract::State;
use engine::outbound::AllowedEndpoint;

use crate::extract::Json;
use crate::problem::Result;
use crate::reply::Page;
use crate::state::ApiState;

/// List what the server may call
///
/// Nothing else is called, by whomever. First what the configuration names, then what admins have added.
#[utoipa::path(get, path = "/api/v1/outbound/endpoints", tag = "outbound",
    responses((status = 200, body = Page<AllowedEndpoint>)))]
pub(crate) async fn list_endpoints(State(state): State<ApiState>) -> Result<Json<Page<AllowedEndpoint>>> {
    Ok(Json(Page::whole(state.engine.allowed_endpoints().await?)))
}
