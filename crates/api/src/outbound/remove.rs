//! `DELETE /api/v1/outbound/endpoints/{endpoint}`.

use axum::extract::State;
use domain::ids::EndpointId;
use http::StatusCode;

use crate::extract::{By, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// Let the server call something no more
///
/// Providers there stay, and their calls are refused from the next one on. What the configuration names is changed
/// there.
#[utoipa::path(delete, path = "/api/v1/outbound/endpoints/{endpoint}", tag = "outbound",
    responses((status = 204, description = "It is not listed any more.")))]
pub(crate) async fn remove_endpoint(
    State(state): State<ApiState>,
    By(caller): By,
    Path(endpoint): Path<EndpointId>,
) -> Result<StatusCode> {
    state.engine.disallow_endpoint(&caller, endpoint).await?;
    Ok(StatusCode::NO_CONTENT)
}
