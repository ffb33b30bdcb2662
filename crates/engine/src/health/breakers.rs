//! Breakers: how they stand, and an admin's hand on them.

use std::sync::Arc;

use domain::audit::Action;
use domain::caller::Caller;
use domain::clock::{Millis, Timestamp};
use garde::Validate;
use llm::Guarded;
use resilience::{Breaker, BreakerState, Snapshot};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa::ToSchema;

use crate::Engine;
use crate::error::{Error, Result};

/// The id of Redis in the report.
pub(super) const REDIS: &str = "redis";

/// A change of a breaker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BreakerChange {
    /// When.
    pub at: Timestamp,
    /// To what: `closed`, `open` or `half_open`.
    pub to: String,
    /// Why, in a sentence.
    pub reason: String,
}

/// How a breaker stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BreakerView {
    /// `closed` lets calls pass, `open` refuses them, `half_open` waits for what one probe says.
    pub state: String,
    /// Whether an admin opened it: then it stays open until an admin closes it.
    pub by_hand: bool,
    /// How many calls in a row have failed.
    pub failures: u32,
    /// Since when no call has succeeded. None: it is closed.
    pub since: Option<Timestamp>,
    /// When one probe is made. None: it is not open, or an admin opened it.
    pub probe_at: Option<Timestamp>,
    /// How the last call that counts failed, in a sentence.
    pub reason: String,
    /// How often it has opened since the start of the server.
    pub opened: u64,
    /// How many calls it has refused since the start of the server.
    pub refused: u64,
    /// Its latest changes, the oldest first.
    pub changes: Vec<BreakerChange>,
}

/// Why an admin opens or closes a breaker.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct BreakerReason {
    /// Why, for those who look at the health page and at the audit log.
    #[garde(length(chars, max = 500))]
    #[schema(max_length = 500, example = "The machine gets a new GPU.")]
    #[serde(default)]
    pub reason: String,
}

/// The moment as wall time.
fn wall(moment: Instant, now: Instant, at: Millis) -> Timestamp {
    let ms = |duration: std::time::Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    Timestamp(if moment > now { at + ms(moment - now) } else { at - ms(now - moment) })
}

impl BreakerView {
    pub(super) fn of(breaker: Snapshot, at: Millis) -> Self {
        let now = Instant::now();
        let Snapshot {
            state,
            by_hand,
            failures,
            unavailable_since,
            probe_at,
            reason,
            opened,
            refused,
            changes,
        } = breaker;
        let change = |change: resilience::Change| BreakerChange {
            at: wall(change.at, now, at),
            to: change.to.as_str().to_owned(),
            reason: change.reason,
        };
        Self {
            state: state.as_str().to_owned(),
            by_hand,
            failures,
            since: unavailable_since.map(|moment| wall(moment, now, at)),
            probe_at: probe_at.map(|moment| wall(moment, now, at)),
            reason,
            opened,
            refused,
            changes: changes.into_iter().map(change).collect(),
        }
    }
}

impl BreakerReason {
    fn or<'a>(&'a self, otherwise: &'a str) -> &'a str {
        let said = self.reason.trim();
        if said.is_empty() { otherwise } else { said }
    }
}

impl Engine {
    /// Stops all calls to a dependency until an admin closes its breaker again. Cells for it wait.
    pub async fn open_breaker(
        &self,
        caller: &Caller,
        dependency: &str,
        why: BreakerReason,
    ) -> Result<BreakerView> {
        let reason = why.or("An admin stopped it.");
        self.turn_breaker(caller, dependency, Action::BreakerOpen, reason).await
    }

    /// Lets calls to a dependency pass again, whatever stopped them.
    pub async fn close_breaker(
        &self,
        caller: &Caller,
        dependency: &str,
        why: BreakerReason,
    ) -> Result<BreakerView> {
        let reason = why.or("An admin let calls pass again.");
        self.turn_breaker(caller, dependency, Action::BreakerClose, reason).await
    }

    async fn turn_breaker(
        &self,
        caller: &Caller,
        dependency: &str,
        action: Action,
        reason: &str,
    ) -> Result<BreakerView> {
        let redis = self.cache.health().filter(|_| dependency == REDIS);
        let server = redis.is_none().then(|| self.provider_with_breaker(dependency)).transpose()?;
        // Written down before it is done: nobody stops a dependency without a trace.
        let kind = if server.is_some() { "provider" } else { "dependency" };
        let entry = self.entry(caller, action).on(kind, dependency).with("reason", reason.to_owned());
        self.store.write(move |conn| store::audit::append(conn, &entry)).await?;
        let opens = action == Action::BreakerOpen;
        let breaker = if let Some(server) = &server {
            let breaker = server.breaker();
            let _changed = if opens { breaker.open(reason) } else { breaker.close(reason) };
            breaker.look()
        } else {
            self.cache.turn_redis(opens, reason);
            self.cache.health().map(|redis| redis.breaker).ok_or_else(|| without_breaker(dependency))?
        };
        self.worker.runs_changed();
        self.monitor.forget();
        Ok(BreakerView::of(breaker, self.clock.now()))
    }

    fn provider_with_breaker(&self, dependency: &str) -> Result<Arc<Guarded>> {
        let found = self.directory.all_with_ids().into_iter().find(|(id, _)| id == dependency);
        found.map(|(_, server)| server).ok_or_else(|| without_breaker(dependency))
    }
}

fn without_breaker(dependency: &str) -> Error {
    Error::not_found(format!("dependency `{dependency}` with a breaker"))
}

/// Whether calls pass.
pub(super) fn is_closed(breaker: &Breaker) -> bool {
    breaker.state() == BreakerState::Closed
}
