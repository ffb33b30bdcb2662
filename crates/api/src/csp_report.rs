//! `POST /api/v1/csp-report`: browsers tell here what the page's policy stopped.

use std::sync::Mutex;
use std::time::Duration;

use axum::extract::{Request, State};
use http::{StatusCode, header};
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::time::Instant;
use tracing::warn;
use utoipa::ToSchema;

use crate::extract::{read_body, strict_json};
use crate::problem::{ApiError, Code, FieldError, Result};
use crate::state::ApiState;

/// Largest report, bytes.
const REPORT_LIMIT: usize = 16 * 1024;
/// Reports that are logged in a minute; hostile text could otherwise fill the log.
const LOGGED_A_MINUTE: u32 = 20;
const MINUTE: Duration = Duration::from_mins(1);

/// What browsers send.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
enum Reports {
    /// Reports as they are collected today.
    Many(Vec<Map<String, Value>>),
    /// The one report of an older browser.
    One(Map<String, Value>),
}

/// How many reports were logged in the running minute.
#[derive(Debug, Default)]
pub(crate) struct ReportLog(Mutex<Option<(Instant, u32)>>);

impl ReportLog {
    fn may_log(&self) -> bool {
        let now = Instant::now();
        let mut window = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (since, logged) = match *window {
            Some((since, logged)) if now.duration_since(since) < MINUTE => (since, logged),
            _ => (now, 0),
        };
        *window = Some((since, logged.saturating_add(1)));
        logged < LOGGED_A_MINUTE
    }
}

/// Report what the page's policy stopped
///
/// Browsers send this by themselves: `application/reports+json`, or `application/csp-report` of older ones.
#[utoipa::path(
    post,
    path = "/api/v1/csp-report",
    tag = "server",
    request_body(content = Reports, content_type = "application/reports+json"),
    responses((status = 204, description = "Taken note of."))
)]
pub(crate) async fn report_csp(State(state): State<ApiState>, request: Request) -> Result<StatusCode> {
    let (parts, body) = request.into_parts();
    let media_type = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = media_type.and_then(|value| value.split(';').next()).map(str::trim);
    if !matches!(media_type, Some("application/reports+json" | "application/csp-report" | "application/json"))
    {
        return Err(ApiError::new(
            Code::UnsupportedMediaType,
            "A report is sent as application/reports+json.",
        ));
    }
    let bytes = read_body(&parts.headers, body, REPORT_LIMIT).await?;
    strict_json(&bytes)?;
    let reports = match serde_json::from_slice(&bytes) {
        Ok(Reports::Many(reports)) => reports,
        Ok(Reports::One(report)) => vec![report],
        Err(_) => {
            let detail = "A report is an object; several come as an array.";
            return Err(ApiError::invalid(vec![FieldError::new("", detail)]));
        }
    };
    for report in &reports {
        if state.report_log.may_log() {
            let body = report.get("body").or_else(|| report.get("csp-report"));
            let body = body.map_or(Some(report), Value::as_object);
            let directive = field(body, ["effectiveDirective", "violated-directive"]);
            let blocked = field(body, ["blockedURL", "blocked-uri"]);
            let page = field(body, ["documentURL", "document-uri"]);
            warn!(directive, blocked, page, "the page's policy stopped something");
        }
    }
    Ok(StatusCode::NO_CONTENT)
}

/// A field under its new or its old name, short, without what stands after `?` and without control characters.
fn field(body: Option<&Map<String, Value>>, names: [&str; 2]) -> String {
    let text = names.iter().find_map(|name| body?.get(*name)?.as_str()).unwrap_or_default();
    let text = text.split(['?', '#']).next().unwrap_or_default();
    text.chars().filter(|character| !character.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_flood_of_reports_is_logged_a_few_times_a_minute() {
        let log = ReportLog::default();
        assert_eq!((0..1_000).filter(|_| log.may_log()).count(), 20);
        tokio::time::advance(Duration::from_secs(61)).await;
        assert_eq!((0..1_000).filter(|_| log.may_log()).count(), 20);
    }
}
