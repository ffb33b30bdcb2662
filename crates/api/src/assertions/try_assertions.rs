//! `POST …/assertions/try`.

use axum::extract::State;
use domain::verdict::Judgement;
use engine::suites::TryAssertions;

use crate::extract::{IMPORT_LIMIT, Json, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// Judge a sample output
///
/// Nothing is stored, no model is asked.
#[utoipa::path(post, path = "/api/v1/workspaces/{ws}/assertions/try", tag = "assertions",
    request_body = TryAssertions, responses((status = 200, body = Judgement)))]
pub(crate) async fn try_assertions(
    State(state): State<ApiState>,
    Path(ws): Path<String>,
    Json(request): Json<TryAssertions, IMPORT_LIMIT>,
) -> Result<Json<Judgement>> {
    state.workspace(&ws).await?;
    Ok(Json(state.engine.try_assertions(request)?))
}
