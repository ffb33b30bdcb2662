//! What a caller may be allowed to do. Every route of the HTTP API names one of these.

use serde::{Deserialize, Serialize};

/// One permission. Roles are sets of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// Granted to everybody, also without an account.
    Anyone,
    /// See the state of the server and of what it depends on.
    HealthRead,
    /// See cards, versions, drafts, labels, suites and cases.
    CardsRead,
    /// Create, edit, archive and label cards; edit suites and cases.
    CardsWrite,
    /// See runs, their cells and outputs, and follow their events.
    RunsRead,
    /// Start, pause, resume, cancel, keep and delete runs.
    RunsControl,
    /// List model servers and their models.
    ProvidersRead,
    /// Pull and delete models, and try whether a model server can be reached.
    ProvidersControl,
}
