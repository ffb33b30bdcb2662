//! `GET /api/v1/shared/{share}`.

use axum::extract::State;
use domain::ids::ShareId;
use engine::shares::{SharedPart, SharedPlace, SharedView};
use engine::{Denial, Error};
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::auth::note_hidden;
use crate::extract::{By, Json, Path, Query};
use crate::problem::Result;
use crate::state::ApiState;

/// What to read of it.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SharedQuery {
    /// Which part of it.
    #[serde(default)]
    #[param(inline)]
    #[garde(skip)]
    part: SharedPart,
    /// Where in that part; what it means is said there.
    #[garde(skip)]
    at: Option<i64>,
}

/// Read what was shared with your account
#[utoipa::path(get, path = "/api/v1/shared/{share}", tag = "shares", params(SharedQuery),
    responses((status = 200, body = SharedView)))]
pub(crate) async fn get_shared(
    State(state): State<ApiState>,
    By(caller): By,
    Path(share): Path<ShareId>,
    Query(query): Query<SharedQuery>,
) -> Result<Json<SharedView>> {
    let part = SharedPlace { part: query.part, at: query.at };
    let shared = state.engine.shared(&caller, share, part).await;
    if matches!(&shared, Err(Error::Denied { kind: Denial::Share, .. })) {
        note_hidden(&state, &caller);
    }
    Ok(Json(shared?))
}
