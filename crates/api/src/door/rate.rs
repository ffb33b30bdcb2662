//! How much each caller may do: every request of a counted route passes here before its handler.

use std::fmt::Write;

use axum::body::Body;
use axum::response::Response;
use engine::limits::{Admission, Left, Limits, Policy, StreamPlace, Subject};
use futures_util::StreamExt;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::problem::{ApiError, Result};
use crate::routes::RateTier;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LEFT: HeaderName = HeaderName::from_static("ratelimit");
const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// What was counted of a request.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    admission: Option<Admission>,
    stream: Option<StreamPlace>,
}

/// The policies that requests of a tier fall under.
fn policies(tier: RateTier) -> &'static [Policy] {
    match tier {
        RateTier::Uncounted => &[],
        // What fails to sign in is counted by the handler, which knows the account.
        RateTier::General | RateTier::Auth | RateTier::Events => &[Policy::General],
        RateTier::Ai => &[Policy::General, Policy::Ai],
        RateTier::Export => &[Policy::General, Policy::Export],
        RateTier::Refresh => &[Policy::Refresh],
        RateTier::Reports => &[Policy::Reports],
    }
}

impl Counted {
    /// Counts a request of somebody. Refused: 429, with nothing counted.
    pub(crate) async fn admit(&mut self, limits: &Limits, tier: RateTier, subject: Subject) -> Result<()> {
        let policies = policies(tier);
        if policies.is_empty() {
            return Ok(());
        }
        let admission = self.admission.insert(limits.admit(policies, subject).await);
        if !admission.admitted() {
            let violated = admission.left().filter(|left| left.refused).map(|left| left.policy.name());
            return Err(ApiError::rate_limited(violated.collect(), admission.retry_after()));
        }
        if tier == RateTier::Events {
            self.stream = Some(limits.open_stream(subject)?);
        }
        Ok(())
    }

    /// Says in the response what is left. The place of an event stream is kept until the body ends.
    pub(crate) fn write(self, mut response: Response) -> Response {
        if let Some(admission) = &self.admission {
            write(admission, response.headers_mut());
        }
        match self.stream {
            None => response,
            Some(place) => response.map(|body| {
                let pieces = body.into_data_stream();
                Body::from_stream(pieces.inspect(move |_| {
                    let _held = &place;
                }))
            }),
        }
    }
}

/// The fields of draft-ietf-httpapi-ratelimit-headers, and for programs that know those of GitHub the three of the
/// policy of which the least is left.
fn write(admission: &Admission, headers: &mut HeaderMap) {
    let (mut policies, mut all_left) = (String::with_capacity(64), String::with_capacity(64));
    let mut least: Option<Left> = None;
    for left in admission.left() {
        let separator = if policies.is_empty() { "" } else { ", " };
        let Left { policy, limit, remaining, reset_seconds, .. } = left;
        let (name, window) = (policy.name(), Limits::window_seconds());
        // Writing to a string cannot fail.
        let _ = write!(policies, "{separator}\"{name}\";q={limit};w={window}");
        let _ = write!(all_left, "{separator}\"{name}\";r={remaining};t={reset_seconds}");
        if least.is_none_or(|least| remaining < least.remaining) {
            least = Some(left);
        }
    }
    for (name, text) in [(POLICY, policies), (LEFT, all_left)] {
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.insert(name, value);
        }
    }
    if let Some(least) = least {
        headers.insert(LIMIT, HeaderValue::from(least.limit));
        headers.insert(REMAINING, HeaderValue::from(least.remaining));
        headers.insert(RESET, HeaderValue::from(admission.epoch_seconds() + i64::from(least.reset_seconds)));
    }
}
