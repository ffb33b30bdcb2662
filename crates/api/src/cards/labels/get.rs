//! `GET …/cards/{slug}/labels/{label}`: where an application fetches its prompt.

use std::pin::pin;
use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use domain::ids::WorkspaceId;
use engine::cards::LabelledVersion;
use garde::Validate;
use http::StatusCode;
use serde::Deserialize;
use tokio::time::sleep;
use utoipa::{IntoParams, ToSchema};

use crate::extract::{IfNoneMatch, Path, Query};
use crate::problem::Result;
use crate::reply::unless_known;
use crate::state::ApiState;

/// How long one who waits hears nothing before it reads the label again: a move that another instance made is
/// not told here.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Whether to wait.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LabelQuery {
    /// Seconds to wait for a change while the reader has what there is. Absent: the answer comes at once.
    #[param(inline)]
    #[garde(skip)]
    wait: Option<WaitSeconds>,
}

/// How long to wait: 1 to 60 seconds. Many a proxy ends a request that is silent for longer.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(value_type = u32, minimum = 1, maximum = 60)]
struct WaitSeconds(u64);

impl TryFrom<String> for WaitSeconds {
    type Error = &'static str;

    fn try_from(text: String) -> std::result::Result<Self, &'static str> {
        match text.parse() {
            Ok(seconds @ 1..=60) => Ok(Self(seconds)),
            _ => Err("expected a whole number of seconds from 1 to 60"),
        }
    }
}

/// Fetch the version that a label points to
///
/// Keep the ETag and send it as `If-None-Match`: while nothing has changed the answer is 304 without a body. With
/// `wait` that answer comes when the time is over, or earlier if the server stops; a change is answered when it
/// happens. Without `If-None-Match` there is nothing to wait for.
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/cards/{slug}/labels/{label}", tag = "cards",
    params(LabelQuery, IfNoneMatch),
    responses((status = 200, body = LabelledVersion, headers(("ETag" = String))),
              (status = 304, description = "The reader has it already.")))]
pub(crate) async fn get_label(
    State(state): State<ApiState>,
    Path((ws, slug, label)): Path<(String, String, String)>,
    Query(query): Query<LabelQuery>,
    known: IfNoneMatch,
) -> Result<Response> {
    let workspace = state.workspace(&ws).await?;
    match query.wait {
        None => read(&state, workspace, slug, label, &known).await,
        Some(WaitSeconds(seconds)) => {
            changed(&state, workspace, slug, label, &known, Duration::from_secs(seconds)).await
        }
    }
}

async fn read(
    state: &ApiState,
    workspace: WorkspaceId,
    slug: String,
    label: String,
    known: &IfNoneMatch,
) -> Result<Response> {
    let labelled = state.engine.labelled_version(workspace, slug, label).await?;
    unless_known(&labelled.value, known)
}

/// What the label points to as soon as the reader does not have it, or 304 when the time is over.
async fn changed(
    state: &ApiState,
    workspace: WorkspaceId,
    slug: String,
    label: String,
    known: &IfNoneMatch,
    time: Duration,
) -> Result<Response> {
    let mut over = pin!(sleep(time));
    // Listened to before the label is read: a move in between is heard.
    let mut moves = state.engine.label_moves();
    loop {
        let response = read(state, workspace, slug.clone(), label.clone(), known).await?;
        if response.status() != StatusCode::NOT_MODIFIED {
            return Ok(response);
        }
        tokio::select! {
            () = moves.of_card(workspace, &slug) => {}
            () = sleep(LOOK_EVERY) => {}
            () = &mut over => return Ok(response),
            () = state.closing.cancelled() => return Ok(response),
        }
    }
}
