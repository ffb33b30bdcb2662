//! The policies: for each kind of work, how much of it is done in any 15 minutes.

/// A policy. Work may fall under several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Policy {
    /// Requests.
    General,
    /// Starts of work that calls models: a run is one, its cells are not.
    Ai,
    /// Renewals of a session and questions about it. They do not count as failed sign-ins, or an open page would
    /// lock its owner out.
    Refresh,
    /// Exports.
    Export,
    /// Reports of browsers about blocked content.
    Reports,
}

impl Policy {
    /// Every policy.
    pub const ALL: [Self; 5] = [Self::General, Self::Ai, Self::Refresh, Self::Export, Self::Reports];

    /// Its name in headers and answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::General => "general",
            Self::Ai => "ai",
            Self::Refresh => "refresh",
            Self::Export => "export",
            Self::Reports => "reports",
        }
    }
}
