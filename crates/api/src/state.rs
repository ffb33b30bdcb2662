//! What handlers share.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::csp_report::ReportLog;

/// What handlers share. Cheap to clone.
#[derive(Clone)]
pub struct ApiState {
    /// Cancelled when the server begins to stop: streams end, `/readyz` says so.
    pub closing: CancellationToken,
    pub(crate) report_log: Arc<ReportLog>,
}

impl ApiState {
    /// The state of a server that stops when `closing` is cancelled.
    pub fn new(closing: CancellationToken) -> Self {
        Self { closing, report_log: Arc::default() }
    }
}
