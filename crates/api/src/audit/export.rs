//! `GET /api/v1/audit/export`.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use futures_util::stream;
use http::header;

use crate::extract::By;
use crate::problem::Result;
use crate::reply::set;
use crate::state::ApiState;

/// Export the whole audit log
///
/// One JSON object a line, oldest first: `entry`, `prev_hash` and `hash`, which is the SHA-256 of `prev_hash` and of
/// `entry` as it stands there. The export is itself the last line of the log, and of the file.
#[utoipa::path(get, path = "/api/v1/audit/export", tag = "audit",
    responses((status = 200, content_type = "application/x-ndjson", body = String)))]
pub(crate) async fn export_audit(State(state): State<ApiState>, By(caller): By) -> Result<Response> {
    let export = state.engine.export_audit(&caller).await?;
    let lines = stream::try_unfold(export, async |mut export| {
        let lines = export.next().await.inspect_err(|error| {
            // The body has begun: that it is cut is all that can be said.
            tracing::warn!(%error, "an export of the audit log broke off");
        })?;
        Ok::<_, engine::Error>(lines.map(|lines| (lines, export)))
    });
    let mut response = Response::new(Body::from_stream(lines));
    set(&mut response, header::CONTENT_TYPE, "application/x-ndjson");
    set(&mut response, header::CONTENT_DISPOSITION, "attachment; filename=\"audit.jsonl\"");
    Ok(response)
}
