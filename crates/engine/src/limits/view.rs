//! How somebody stands under every limit.

use serde::Serialize;
use utoipa::ToSchema;

use super::policy::Policy;
use super::subject::Subject;
use super::{Limits, Profile};
use crate::runs::CALLS_AT_ONCE;

/// How somebody stands under every limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct StandingView {
    /// From where the numbers come that the settings do not give.
    pub profile: Profile,
    /// For how many seconds work is counted: a limit holds in any so many.
    pub window_seconds: u32,
    /// What is counted.
    pub policies: Vec<PolicyView>,
    /// Event streams of the caller.
    pub event_streams: AtOnce,
    /// Calls of models, of everybody.
    pub model_calls: AtOnce,
}

/// How somebody stands under one policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PolicyView {
    /// The policy: `general ai refresh export reports`.
    pub policy: &'static str,
    /// How much may be done in any window.
    pub limit: u32,
    /// How much of that is left now.
    pub remaining: u32,
    /// In how many seconds there is more. 0: nothing is counted.
    pub reset_seconds: u32,
}

/// How many may be under way at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct AtOnce {
    /// How many may be.
    pub limit: u32,
    /// How many are. None: that is not said.
    pub open: Option<u32>,
}

impl Limits {
    /// How somebody stands under every limit. Nothing is counted.
    pub async fn standing(&self, subject: Subject) -> StandingView {
        const ALL: [&[Policy]; 3] =
            [&[Policy::General, Policy::Ai], &[Policy::Refresh, Policy::Export], &[Policy::Reports]];
        let mut policies = Vec::new();
        for some in ALL {
            let admission = self.look(some, subject).await;
            policies.extend(admission.left().map(|left| PolicyView {
                policy: left.policy.name(),
                limit: left.limit,
                remaining: left.remaining,
                reset_seconds: left.reset_seconds,
            }));
        }
        let (open, limit) = self.streams(subject);
        StandingView {
            profile: self.profile(),
            window_seconds: Self::window_seconds(),
            policies,
            event_streams: AtOnce { limit, open: Some(open) },
            model_calls: AtOnce { limit: u32::try_from(CALLS_AT_ONCE).unwrap_or(u32::MAX), open: None },
        }
    }
}
