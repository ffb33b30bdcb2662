//! `GET /api/v1/outbound/hosts`.

use axum::extract::State;
use engine::outbound::ContactedHost;

use crate::extract::Json;
use crate::problem::Result;
use crate::reply::Page;
use crate::state::ApiState;

/// List everybody whom the server ever called
///
/// With the number of calls and the times of the first and the last one, the last called first. What is not in this
/// list was sent nothing; name servers are asked for the names in it.
#[utoipa::path(get, path = "/api/v1/outbound/hosts", tag = "outbound",
    responses((status = 200, body = Page<ContactedHost>)))]
pub(crate) async fn list_contacted_hosts(State(state): State<ApiState>) -> Result<Json<Page<ContactedHost>>> {
    Ok(Json(Page::whole(state.engine.contacted_hosts().await?)))
}
