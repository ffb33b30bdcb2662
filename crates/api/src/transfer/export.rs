//! `GET …/export`.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use garde::Validate;
use http::header;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::extract::{By, Path, Query};
use crate::problem::Result;
use crate::reply::set;
use crate::state::ApiState;

/// What to export.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportQuery {
    /// Slugs of cards, with commas between them. Absent: all cards, archived ones too.
    #[garde(inner(length(chars, min = 1, max = 8000)))]
    cards: Option<String>,
}

/// Export cards as a file
///
/// YAML with every version, label, draft and case, and with the cards that these include. An import of it makes the
/// same cards, and an export of those the same file.
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/export", tag = "cards", params(ExportQuery),
    responses((status = 200, content_type = "application/yaml", body = Object)))]
pub(crate) async fn export_cards(
    State(state): State<ApiState>,
    By(caller): By,
    Path(ws): Path<String>,
    Query(query): Query<ExportQuery>,
) -> Result<Response> {
    let workspace = state.workspace(&ws).await?;
    let slugs = query.cards.iter().flat_map(|cards| cards.split(',')).map(|slug| slug.trim().to_owned());
    let text = state.engine.export_cards(&caller, workspace, slugs.collect()).await?;
    let mut response = text.into_response();
    set(&mut response, header::CONTENT_TYPE, "application/yaml");
    set(&mut response, header::CONTENT_DISPOSITION, "attachment; filename=\"cards.yaml\"");
    Ok(response)
}
