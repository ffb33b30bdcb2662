//! `GET …/runs/{run}/events`: what happens to a run, as it happens.

use axum::extract::State;
use axum::response::Response;
use domain::ids::RunId;
use engine::Frame;
use engine::runs::{Follower, RunEvent};
use futures_util::stream;
use garde::Validate;
use serde::Deserialize;
use tracing::warn;
use utoipa::IntoParams;

use crate::extract::{LastEventId, Path, Query};
use crate::problem::Result;
use crate::sse;
use crate::state::ApiState;

/// From where to follow.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventsQuery {
    /// Events with a larger number, those of the past first. Absent: from now on.
    #[garde(range(min = 0))]
    after: Option<i64>,
}

/// Follow a run
///
/// Server-sent events: `run_queued run_started cell_finished run_paused run_resumed run_cancelled run_finished`,
/// and `resync`, after which the run is to be read again. `id` is the event's number; `Last-Event-ID` counts for
/// more than `after`. `provider_waits` has no `id`: it says which model servers the run waits for now, at the
/// beginning of the stream where there are some, and whenever that changes.
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/runs/{run}/events", tag = "runs",
    params(EventsQuery, LastEventId),
    responses((status = 200, content_type = "text/event-stream", body = RunEvent)))]
pub(crate) async fn follow_run(
    State(state): State<ApiState>,
    Path((ws, run)): Path<(String, RunId)>,
    Query(query): Query<EventsQuery>,
    LastEventId(seen): LastEventId,
) -> Result<Response> {
    let workspace = state.workspace(&ws).await?;
    let after = seen.or(query.after);
    let follower = state.engine.follow_run(workspace, run, after).await?;
    let events = stream::unfold(follower, next);
    Ok(sse::response(events, state.closing))
}

/// The stream ends where the run cannot be read; the reader comes again and is told why.
async fn next(mut follower: Follower) -> Option<(Frame, Follower)> {
    match follower.next().await {
        Ok(frame) => frame.map(|frame| (frame, follower)),
        Err(error) => {
            warn!(%error, "a stream of events ended because the run could not be read");
            None
        }
    }
}
