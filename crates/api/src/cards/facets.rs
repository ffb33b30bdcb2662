//! `GET …/cards/facets`.

use axum::extract::State;
use engine::cards::CardFacets;

use crate::extract::{Json, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// Count cards by folder, tag and label
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/cards/facets", tag = "cards",
    responses((status = 200, body = CardFacets)))]
pub(crate) async fn get_card_facets(
    State(state): State<ApiState>,
    Path(ws): Path<String>,
) -> Result<Json<CardFacets>> {
    let workspace = state.workspace(&ws).await?;
    Ok(Json(state.engine.card_facets(workspace).await?))
}
