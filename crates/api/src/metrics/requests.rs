//! Requests, by route: the route's pattern is the label, never the address that was asked for.

use std::sync::OnceLock;
use std::time::Duration;

use http::Method;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::door::Importance;

/// Upper bounds, in seconds.
const SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
/// The statuses that are answered; what else there may be is looked up anew each time.
const STATUSES: [u16; 25] = [
    200, 201, 202, 204, 304, 307, 400, 401, 403, 404, 405, 406, 408, 409, 410, 412, 413, 415, 422, 428, 429,
    431, 500, 502, 503,
];
/// The limits that a sender may reach.
const LIMITS: [&str; 7] = ["general", "ai", "refresh", "export", "reports", "auth", "event_streams"];
/// The label of what is no route: the page, its files, and addresses that nothing is at.
const NO_ROUTE: &str = "none";

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfAnswer {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfRoute {
    method: &'static str,
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfClass {
    class: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfLimit {
    limit: &'static str,
}

#[derive(Debug, Clone, Copy)]
struct Seconds;

impl MetricConstructor<Histogram> for Seconds {
    fn new_metric(&self) -> Histogram {
        Histogram::new(SECONDS)
    }
}

/// All requests.
#[derive(Debug)]
pub(crate) struct Requests {
    answers: Family<OfAnswer, Counter>,
    durations: Family<OfRoute, Histogram, Seconds>,
    in_flight: Gauge,
    shed: Family<OfClass, Counter>,
    limited: Family<OfLimit, Counter>,
}

/// Those of one route. What is counted is looked up once, and shown from then on.
#[derive(Debug)]
pub(crate) struct RouteRequests {
    labels: OfRoute,
    answers: [OnceLock<Counter>; STATUSES.len()],
    duration: OnceLock<Histogram>,
}

impl Default for Requests {
    fn default() -> Self {
        Self {
            answers: Family::default(),
            durations: Family::new_with_constructor(Seconds),
            in_flight: Gauge::default(),
            shed: Family::default(),
            limited: Family::default(),
        }
    }
}

impl Requests {
    pub(super) fn register(&self, registry: &mut Registry) {
        // A rate needs a zero before the first one.
        for class in Importance::ALL {
            drop(self.shed.get_or_create(&OfClass { class: class.as_str() }));
        }
        for limit in LIMITS {
            drop(self.limited.get_or_create(&OfLimit { limit }));
        }
        registry.register("http_requests", "Requests that were answered", self.answers.clone());
        registry.register(
            "http_request_duration_seconds",
            "Time from a request's head to its answer's",
            self.durations.clone(),
        );
        registry.register(
            "http_requests_in_flight",
            "Requests that are being answered",
            self.in_flight.clone(),
        );
        registry.register(
            "http_requests_shed",
            "Requests that were refused because there is too much to do",
            self.shed.clone(),
        );
        registry.register(
            "rate_limited_requests",
            "Requests that were refused because their sender has reached a limit",
            self.limited.clone(),
        );
    }

    /// A request that is being answered until this is dropped.
    pub(crate) fn begin(&self) -> impl Drop + use<> {
        self.in_flight.inc();
        InFlight(self.in_flight.clone())
    }

    /// A request to this route was answered.
    pub(crate) fn answered(&self, route: &RouteRequests, status: u16, took: Duration) {
        let answer = || {
            let OfRoute { method, route } = route.labels.clone();
            self.answers.get_or_create_owned(&OfAnswer { method, route, status })
        };
        match STATUSES.binary_search(&status) {
            Ok(known) => route.answers[known].get_or_init(answer).inc(),
            Err(_) => answer().inc(),
        };
        let duration = || self.durations.get_or_create_owned(&route.labels);
        route.duration.get_or_init(duration).observe(took.as_secs_f64());
    }

    /// A request that no route answers, whatever its address.
    pub(crate) fn answered_elsewhere(&self, method: &Method, status: u16, took: Duration) {
        let (method, route) = (label(method), NO_ROUTE.to_owned());
        self.answers.get_or_create(&OfAnswer { method, route: route.clone(), status }).inc();
        self.durations.get_or_create(&OfRoute { method, route }).observe(took.as_secs_f64());
    }

    /// A request of this class was refused because there is too much to do.
    pub(crate) fn shed(&self, class: &'static str) {
        self.shed.get_or_create(&OfClass { class }).inc();
    }

    /// A request was refused because of this limit.
    pub(crate) fn limited(&self, limit: &'static str) {
        self.limited.get_or_create(&OfLimit { limit }).inc();
    }
}

impl RouteRequests {
    pub(crate) fn new(method: &'static str, route: String) -> Self {
        Self {
            labels: OfRoute { method, route },
            answers: [const { OnceLock::new() }; STATUSES.len()],
            duration: OnceLock::new(),
        }
    }
}

/// The method as a label: a client may make up any word.
fn label(method: &Method) -> &'static str {
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
        .into_iter()
        .find(|known| *known == method.as_str())
        .unwrap_or("other")
}

struct InFlight(Gauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statuses_are_in_order_as_they_are_searched() {
        assert!(STATUSES.is_sorted());
    }

    #[test]
    fn a_method_that_somebody_made_up_is_no_label() {
        assert_eq!(label(&Method::GET), "GET");
        assert_eq!(label(&Method::from_bytes(b"BREW").unwrap()), "other");
    }
}
