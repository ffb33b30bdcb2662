//! Who is still let in when as many requests are answered as may: what matters most is refused last.

use std::sync::atomic::{AtomicUsize, Ordering};

use domain::permission::Permission;
use http::Method;

use crate::routes::RateTier;

/// Requests that may be answered at once.
const PLACES: usize = 512;

/// What a request is for. Each kind is let in while fewer requests than its share are answered, so that under load
/// a new one of it never keeps out what stands above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Importance {
    /// What a person needs to see that there is trouble and to end it: the health report, signing in, cancelling a
    /// run, cutting off an account.
    Control,
    Read,
    Write,
    /// Everything of a workspace as one file. It can wait for a quiet hour.
    Export,
}

impl Importance {
    /// Every kind.
    pub(crate) const ALL: [Self; 4] = [Self::Control, Self::Read, Self::Write, Self::Export];

    /// Of a request with this method to a route that declares this. None declared: the page and what belongs to it.
    pub(super) fn of(method: &Method, declared: Option<(Permission, RateTier)>) -> Self {
        match declared {
            Some((_, RateTier::Export)) => Self::Export,
            // Starting a run brings more work; the others of its kind end some.
            Some((_, RateTier::Ai)) => Self::Write,
            Some(
                (_, RateTier::Auth | RateTier::Refresh)
                | (
                    Permission::HealthRead
                    | Permission::ServerWrite
                    | Permission::UsersWrite
                    | Permission::AccountWrite
                    | Permission::RunsControl,
                    _,
                ),
            ) => Self::Control,
            _ if method.is_safe() => Self::Read,
            _ => Self::Write,
        }
    }

    /// The word that stands in metrics.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Control => "control",
            Self::Read => "read",
            Self::Write => "write",
            Self::Export => "export",
        }
    }

    /// Of how many places it may take the last one.
    const fn share(self) -> usize {
        match self {
            Self::Control => PLACES,
            Self::Read => PLACES / 8 * 7,
            Self::Write => PLACES / 4 * 3,
            Self::Export => PLACES / 8,
        }
    }
}

/// The places of all requests that are being answered.
#[derive(Debug, Default)]
pub(super) struct InFlight(AtomicUsize);

/// One of them, held until this is dropped.
#[derive(Debug)]
pub(super) struct Held<'a>(&'a AtomicUsize);

impl InFlight {
    /// A place, unless its share is taken.
    pub(super) fn take(&self, importance: Importance) -> Option<Held<'_>> {
        let more = |taken: usize| (taken < importance.share()).then_some(taken + 1);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok().then(|| Held(&self.0))
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_route_declares_says_what_it_is_for() {
        let of = |method: Method, permission, tier| Importance::of(&method, Some((permission, tier)));
        for (method, permission, tier, expected) in [
            (Method::GET, Permission::HealthRead, RateTier::General, Importance::Control),
            (Method::POST, Permission::Anyone, RateTier::Auth, Importance::Control),
            (Method::POST, Permission::RunsControl, RateTier::General, Importance::Control),
            (Method::POST, Permission::RunsControl, RateTier::Ai, Importance::Write),
            (Method::DELETE, Permission::UsersWrite, RateTier::General, Importance::Control),
            (Method::GET, Permission::CardsRead, RateTier::General, Importance::Read),
            (Method::HEAD, Permission::RunsRead, RateTier::Events, Importance::Read),
            (Method::PATCH, Permission::CardsWrite, RateTier::General, Importance::Write),
            (Method::GET, Permission::CardsExport, RateTier::Export, Importance::Export),
        ] {
            assert_eq!(of(method.clone(), permission, tier), expected, "{method} {permission:?} {tier:?}");
        }
        assert_eq!(Importance::of(&Method::GET, None), Importance::Read);
    }

    #[test]
    fn what_matters_most_is_refused_last() {
        let in_flight = InFlight::default();
        let mut held = Vec::new();
        let mut fill = |importance| {
            while let Some(place) = in_flight.take(importance) {
                held.push(place);
            }
            held.len()
        };
        assert_eq!(fill(Importance::Export), 64);
        assert_eq!(fill(Importance::Write), 384);
        assert_eq!(fill(Importance::Export), 384);
        assert_eq!(fill(Importance::Read), 448);
        assert_eq!(fill(Importance::Control), 512);
        held.truncate(383);
        assert!(in_flight.take(Importance::Write).is_some(), "a place that was given back");
    }
}
