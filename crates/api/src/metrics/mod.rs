//! `GET /metrics`: everything that is counted and measured, for Prometheus.

mod process;
mod requests;

use std::fmt;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use engine::Engine;
use http::header::{self, HeaderMap, HeaderValue};
use prometheus_client::encoding::{prometheus_text, text};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::problem::{ApiError, Result};
use crate::state::ApiState;
pub(crate) use requests::{Requests, RouteRequests};

/// What stands before the name of everything of ours.
const PREFIX: &str = "promptcards";
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Everything that is counted, and what of it belongs to the door.
pub(crate) struct Metrics {
    counted: Registry,
    pub(crate) requests: Requests,
}

impl Metrics {
    pub(crate) fn new(engine: &Engine) -> Self {
        let (mut counted, requests) = (Registry::with_prefix(PREFIX), Requests::default());
        let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        counted.register("build", "The version of this program", version);
        requests.register(&mut counted);
        engine.register_metrics(&mut counted);
        Self { counted, requests }
    }

    async fn write(&self, engine: &Engine, form: Form) -> std::result::Result<String, fmt::Error> {
        let mut now = Registry::with_prefix(PREFIX);
        now.register_collector(Box::new(engine.figures().await));
        let mut process = Registry::default();
        process.register_collector(Box::new(process::Process));
        let mut page = String::with_capacity(64 * 1024);
        for registry in [&self.counted, &now, &process] {
            match form {
                Form::Prometheus => prometheus_text::encode(&mut page, registry)?,
                Form::OpenMetrics => text::encode_registry(&mut page, registry)?,
            }
        }
        if form == Form::OpenMetrics {
            text::encode_eof(&mut page)?;
        }
        Ok(page)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Prometheus,
    OpenMetrics,
}

/// Read the server's metrics
///
/// In Prometheus' text format, or as `OpenMetrics` where `Accept` asks for it. `server.metrics_listen` offers the same
/// without signing in, on an address of its own.
#[utoipa::path(get, path = "/metrics", tag = "health",
    responses((status = 200, content_type = "text/plain", body = String)))]
pub(crate) async fn get_metrics(State(state): State<ApiState>, headers: HeaderMap) -> Result<Response> {
    let accepts = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let (form, media_type) =
        if accepts.into_iter().any(|value| value.contains("application/openmetrics-text")) {
            (Form::OpenMetrics, OPEN_METRICS)
        } else {
            (Form::Prometheus, PROMETHEUS)
        };
    let page = state.metrics.write(&state.engine, form).await.map_err(ApiError::internal)?;
    let mut response = Response::new(page.into());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    Ok(response)
}

/// The metrics alone, for an address that only Prometheus reaches: nobody is asked who they are.
pub fn router(state: ApiState) -> Router {
    Router::new().route("/metrics", get(get_metrics)).with_state(state)
}
