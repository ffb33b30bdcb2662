//! What handlers share.

use std::sync::Arc;

use domain::ids::IdSource;
use tokio_util::sync::CancellationToken;

/// What handlers share. Cheap to clone.
#[derive(Clone)]
pub struct ApiState {
    /// Where new ids come from.
    pub ids: Arc<dyn IdSource>,
    /// Cancelled when the server begins to stop: streams end, `/readyz` says so.
    pub closing: CancellationToken,
}
