//! `GET …/providers/{provider}/pulls/{pull}/events`: how far a pull is, as it comes.

use axum::extract::State;
use axum::response::Response;
use domain::ids::{ProviderId, PullId};
use engine::Frame;
use engine::models::{Pull, PullFollower};
use futures_util::stream;
use tracing::warn;

use crate::extract::Path;
use crate::problem::Result;
use crate::sse;
use crate::state::ApiState;

/// Follow a pull
///
/// Server-sent events: `pull_progress` at most five times a second, the first at once, and `pull_ended` as the last.
/// Each holds the pull as it stands, so that nothing is lost to who connects again.
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/providers/{provider}/pulls/{pull}/events", tag = "models",
    responses((status = 200, content_type = "text/event-stream", body = Pull)))]
pub(crate) async fn follow_pull(
    State(state): State<ApiState>,
    Path((ws, provider, pull)): Path<(String, ProviderId, PullId)>,
) -> Result<Response> {
    let workspace = state.workspace(&ws).await?;
    let follower = state.engine.follow_pull(workspace, provider, pull).await?;
    Ok(sse::response(stream::unfold(follower, next), state.closing))
}

async fn next(mut follower: PullFollower) -> Option<(Frame, PullFollower)> {
    match follower.next().await {
        Ok(frame) => frame.map(|frame| (frame, follower)),
        Err(error) => {
            warn!(%error, "a stream of events ended because the pull could not be written");
            None
        }
    }
}
