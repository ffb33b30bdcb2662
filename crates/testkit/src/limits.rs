//! Limits that no test reaches by chance.

use std::sync::Arc;

use cache::Cache;
use domain::clock::Clock;
use engine::limits::{Limits, LimitsSettings};

/// More than any test asks for.
const PLENTY: u32 = 1_000_000_000;

/// Settings that allow more than any test asks for. The limiter is at work all the same.
pub fn plenty() -> LimitsSettings {
    LimitsSettings {
        general: Some(PLENTY),
        general_anonymous: Some(PLENTY),
        ai: Some(PLENTY),
        ai_anonymous: Some(PLENTY),
        auth: Some(PLENTY),
        auth_address: Some(PLENTY),
        refresh: Some(PLENTY),
        refresh_address: Some(PLENTY),
        export: Some(PLENTY),
        reports: Some(PLENTY),
        event_streams: Some(PLENTY),
        ..LimitsSettings::default()
    }
}

/// How many connections the one address may have that every test comes from.
pub(crate) const CONNECTIONS: usize = 1_000_000;

/// The same as variables of a server's environment, with `CONNECTIONS`, and an end that waits for nobody to hear of it.
pub fn plenty_as_variables() -> Vec<(String, String)> {
    let table = serde_json::to_value(plenty()).unwrap();
    let numbers = table.as_object().unwrap().iter().filter(|(_, value)| value.is_number());
    let limits = numbers
        .map(|(name, value)| (format!("PROMPTCARDS_LIMITS__{}", name.to_uppercase()), value.to_string()));
    let connections = ("PROMPTCARDS_SERVER__CONNECTIONS_PER_ADDRESS".to_owned(), CONNECTIONS.to_string());
    let end = ("PROMPTCARDS_SERVER__ACCEPT_AFTER_STOP_MS".to_owned(), "0".to_owned());
    limits.chain([connections, end]).collect()
}

/// Limits of these settings, counted in memory by `clock`.
pub fn limits(settings: LimitsSettings, clock: &Arc<dyn Clock>) -> Arc<Limits> {
    Limits::new(cache(clock), settings, Arc::clone(clock))
}

/// A cache in memory, with the time of `clock`.
pub fn cache(clock: &Arc<dyn Clock>) -> Arc<Cache> {
    Arc::new(Cache::in_memory(Arc::clone(clock)))
}
