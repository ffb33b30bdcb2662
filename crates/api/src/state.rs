//! What handlers share.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use domain::ids::WorkspaceId;
use engine::Engine;
use tokio_util::sync::CancellationToken;

use crate::auth::Cookies;
use crate::cards::CardAnswers;
use crate::csp_report::ReportLog;
use crate::metrics::Metrics;
use crate::problem::Result;

/// What handlers share. Cheap to clone.
#[derive(Clone)]
pub struct ApiState {
    /// The product behind the routes.
    pub engine: Arc<Engine>,
    /// Cancelled when the server begins to stop: streams end, `/readyz` says so.
    pub closing: CancellationToken,
    /// Workspaces by slug, as far as they were asked for. A workspace keeps its slug for ever.
    workspaces: Arc<RwLock<HashMap<String, WorkspaceId>>>,
    pub(crate) card_answers: Arc<CardAnswers>,
    pub(crate) report_log: Arc<ReportLog>,
    pub(crate) cookies: Cookies,
    pub(crate) metrics: Arc<Metrics>,
}

impl ApiState {
    /// The state of a server that stops when `closing` is cancelled.
    pub fn new(engine: Arc<Engine>, closing: CancellationToken) -> Self {
        Self {
            metrics: Arc::new(Metrics::new(&engine)),
            engine,
            closing,
            workspaces: Arc::default(),
            card_answers: Arc::default(),
            report_log: Arc::default(),
            cookies: Cookies::Loopback,
        }
    }

    /// The same for a server that browsers reach over TLS: its cookies are sent over nothing else.
    #[must_use]
    pub fn over_tls(self) -> Self {
        Self { cookies: Cookies::Secure, ..self }
    }

    /// The workspace that an address names.
    pub(crate) async fn workspace(&self, slug: &str) -> Result<WorkspaceId> {
        let known = self.workspaces.read().unwrap_or_else(PoisonError::into_inner).get(slug).copied();
        if let Some(workspace) = known {
            return Ok(workspace);
        }
        let found = self.engine.workspace(slug).await?;
        // Only what exists is kept, so that nobody can fill the memory with names.
        self.workspaces.write().unwrap_or_else(PoisonError::into_inner).insert(slug.to_owned(), found);
        Ok(found)
    }
}
