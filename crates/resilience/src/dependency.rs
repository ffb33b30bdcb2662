//! What depends on what: one map, from which readiness, the health report and the page follow.
//!
//! ```text
//! disk ──▶ database ──▶ sign-in, cards, runs      critical: without it nothing is ready
//! provider ───────────▶ runs                      those of other providers go on
//! redis ──────────────▶ shared limits, cache      each instance goes on for itself
//! backups                                         nothing, until the database is lost
//! ```

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = HealthStatus)]
pub enum Status {
    /// As it should be.
    Pass,
    /// Something does not work, the rest does.
    Warn,
    /// It cannot do its work.
    Fail,
}

/// What kind of thing is depended on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DependencyKind {
    /// Where everything is kept.
    Database,
    /// The disk of the database, where it is a file.
    Disk,
    /// A model server.
    Provider,
    /// What instances count together.
    Redis,
    /// Where backups go.
    Backups,
}

/// What the users have of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ServerPart {
    /// Signing in, and everything about accounts.
    SignIn,
    /// Cards, suites and cases.
    Cards,
    /// Runs.
    Runs,
    /// Limits that hold over all instances, not over each.
    SharedLimits,
    /// Kept answers that all instances have.
    SharedCache,
}

impl ServerPart {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 5] = [Self::SignIn, Self::Cards, Self::Runs, Self::SharedLimits, Self::SharedCache];
}

impl DependencyKind {
    /// Whether the server is not ready without it.
    pub fn is_critical(self) -> bool {
        self == Self::Database
    }

    /// What it depends on itself.
    pub fn depends_on(self) -> Option<Self> {
        (self == Self::Database).then_some(Self::Disk)
    }

    /// What depends on it.
    pub fn carries(self) -> &'static [ServerPart] {
        match self {
            Self::Database => &[ServerPart::SignIn, ServerPart::Cards, ServerPart::Runs],
            Self::Disk | Self::Backups => &[],
            Self::Provider => &[ServerPart::Runs],
            Self::Redis => &[ServerPart::SharedLimits, ServerPart::SharedCache],
        }
    }
}

/// How each part is that something there is carries: as its worst critical dependency, and otherwise a warning at most.
///
pub fn cascade(found: &[(DependencyKind, Status)]) -> Vec<(ServerPart, Status)> {
    let part_status = |part: ServerPart| {
        let carriers = found.iter().filter(|(kind, _)| kind.carries().contains(&part));
        carriers.map(|(kind, status)| kind.means(*status)).max()
    };
    ServerPart::ALL.into_iter().filter_map(|part| Some((part, part_status(part)?))).collect()
}

/// How the server as a whole is: failed only where a critical dependency is.
pub fn overall(found: &[(DependencyKind, Status)]) -> Status {
    found.iter().map(|(kind, status)| kind.means(*status)).max().unwrap_or(Status::Pass)
}

impl DependencyKind {
    /// What its own status means for what it carries.
    fn means(self, status: Status) -> Status {
        if self.is_critical() { status } else { status.min(Status::Warn) }
    }
}
