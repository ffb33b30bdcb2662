//! What the instances of the server on one database tell each other: that a run was changed.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};

use super::Session;

/// How often it is looked whether the connection is still there: one that is cut off hears nothing, and is not told.
const LOOK: Duration = Duration::from_secs(5);

/// Tells `heard` of every change, until the store is closed. What is said while there is no connection is made up for
/// by one telling when there is one again.
pub(crate) fn listen(mut session: Session, heard: &Arc<Notify>, mut closed: watch::Receiver<()>) {
    while closed.has_changed().is_ok() {
        if let Err(error) = session.hear(heard) {
            tracing::debug!(%error, "other instances are not heard; their changes are found by looking");
        }
        session.wait(LOOK, &mut closed);
    }
}
