//! Limits: how much each may do in any 15 minutes, and how many event streams each may have open.
//!
//! The numbers are of the settings, the counts in the cache, which several instances may share.

mod budgets;
mod policy;
mod settings;
mod sign_in;
mod streams;
mod subject;
mod view;

use std::sync::Arc;

use cache::{Cache, Charge, Outcome, WINDOW_SECONDS, WindowKey};
use domain::clock::{Clock, Millis};

pub use budgets::BudgetView;
pub use policy::Policy;
pub use settings::{LimitsSettings, Profile, WrongLimit};
pub use sign_in::Reservation;
pub use streams::StreamPlace;
pub use subject::{Standing, Subject};
pub use view::{AtOnce, PolicyView, StandingView};

use crate::error::{Error, Result};

/// After how many seconds one whose event streams are all open is to come again.
const STREAM_AGAIN: u32 = 5;
/// The most policies that one request falls under.
const MOST_POLICIES: usize = 2;

/// What stands between everybody and more than their share.
pub struct Limits {
    cache: Arc<Cache>,
    clock: Arc<dyn Clock>,
    settings: LimitsSettings,
    streams: streams::Streams,
}

/// What came of a request that was counted.
#[derive(Debug)]
pub struct Admission {
    policies: &'static [Policy],
    limits: [u32; MOST_POLICIES],
    outcome: Outcome,
    at: Millis,
}

/// How somebody stands under a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// The policy.
    pub policy: Policy,
    /// How much may be done in any 15 minutes.
    pub limit: u32,
    /// How much of that is left now.
    pub remaining: u32,
    /// In how many seconds there is more, rounded up. 0: nothing is counted.
    pub reset_seconds: u32,
    /// Whether it refused.
    pub refused: bool,
}

impl Admission {
    /// Whether the request was admitted, and counted.
    pub fn admitted(&self) -> bool {
        self.outcome.admitted
    }

    /// After how many seconds the same is admitted, rounded up.
    pub fn retry_after(&self) -> u32 {
        seconds(self.outcome.wait_ms())
    }

    /// When it was counted, in seconds since 1970.
    pub fn epoch_seconds(&self) -> i64 {
        self.at.div_euclid(1_000)
    }

    /// How each policy stands.
    pub fn left(&self) -> impl Iterator<Item = Left> + '_ {
        let standings = self.policies.iter().zip(self.limits).zip(&self.outcome.standings);
        standings.map(|((policy, limit), standing)| Left {
            policy: *policy,
            limit,
            remaining: limit.saturating_sub(standing.counted),
            reset_seconds: seconds(standing.reset_ms),
            refused: !self.outcome.admitted && standing.wait_ms > 0,
        })
    }
}

impl Limits {
    /// Limits with these numbers, counted in this cache. `clock` is only asked when an answer names a time.
    pub fn new(cache: Arc<Cache>, settings: LimitsSettings, clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self { cache, clock, settings, streams: streams::Streams::default() })
    }

    /// For how many seconds at least work is counted.
    pub const fn window_seconds() -> u32 {
        WINDOW_SECONDS
    }

    /// From where the numbers come.
    pub fn profile(&self) -> Profile {
        self.settings.profile
    }

    /// Counts a request under `policies`, two at most, if none of them refuses.
    pub async fn admit(&self, policies: &'static [Policy], subject: Subject) -> Admission {
        self.charge(policies, subject, 1).await
    }

    /// How somebody stands under `policies`, two at most. Nothing is counted.
    pub async fn look(&self, policies: &'static [Policy], subject: Subject) -> Admission {
        self.charge(policies, subject, 0).await
    }

    async fn charge(&self, policies: &'static [Policy], subject: Subject, cost: u32) -> Admission {
        let mut limits = [0; MOST_POLICIES];
        let mut charges =
            [Charge { key: WindowKey { policy: "", subject: subject.id() }, limit: 0, cost }; MOST_POLICIES];
        for ((policy, limit), charge) in policies.iter().zip(&mut limits).zip(&mut charges) {
            *limit = self.settings.limit(*policy, subject);
            charge.limit = *limit;
            charge.key.policy = policy.name();
        }
        let outcome = self.cache.charge(&charges[..policies.len().min(MOST_POLICIES)]).await;
        Admission { policies, limits, outcome, at: self.clock.now() }
    }

    /// A place for one more event stream of somebody.
    pub fn open_stream(&self, subject: Subject) -> Result<StreamPlace> {
        self.streams
            .open(subject, self.settings.event_streams())
            .ok_or(Error::LimitReached { policy: "event_streams", retry_after: STREAM_AGAIN })
    }

    /// How many event streams are open.
    pub fn all_streams(&self) -> u32 {
        self.streams.total()
    }

    /// How many event streams somebody has open, and may have.
    pub fn streams(&self, subject: Subject) -> (u32, u32) {
        (self.streams.count(subject), self.settings.event_streams())
    }
}

/// Milliseconds as seconds, rounded up: whoever waits so long has waited long enough.
fn seconds(milliseconds: i64) -> u32 {
    u32::try_from(milliseconds.max(0).unsigned_abs().div_ceil(1_000)).unwrap_or(u32::MAX)
}
