//! What runs wait for: model servers whose breaker is open.
//!
//! No table has it: it is how this process sees the server, and is looked up anew after a start.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::clock::{Millis, Timestamp};
use domain::ids::RunId;
use llm::Guarded;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa::ToSchema;

use super::settings::RunsSettings;
use crate::events::{Frame, UNNUMBERED};

/// Cells of a run that wait for their model server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProviderWait {
    /// The provider's name.
    pub provider: String,
    /// The model's index in the run.
    pub model_position: i64,
    /// Since when.
    pub since: Timestamp,
    /// Whether an admin has stopped all calls to it: then only an admin lets them pass again.
    pub by_hand: bool,
    /// When the server is tried again. None: it is being tried now, or an admin has stopped all calls to it.
    pub probe_at: Option<Timestamp>,
    /// Until when the cells wait. Then they end as `error`.
    pub until: Timestamp,
    /// How the last call failed, in a sentence.
    pub reason: String,
}

/// What a run waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProviderWaits {
    /// One for each model whose cells wait.
    pub items: Vec<ProviderWait>,
}

/// The waits of all runs of this process.
#[derive(Debug)]
pub(crate) struct Waits {
    limit: Duration,
    lanes: Mutex<HashMap<(RunId, usize), Wait>>,
}

#[derive(Debug)]
struct Wait {
    began: Instant,
    shown: ProviderWait,
}

/// What a lane whose server's breaker is open is to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Noted {
    /// Its cells have waited long enough: they end.
    pub is_over: bool,
    /// When to look again.
    pub look_at: Instant,
    /// Something of what is shown has changed.
    pub changed: bool,
}

impl Waits {
    pub(crate) fn new(settings: &RunsSettings) -> Self {
        Self { limit: settings.provider_wait(), lanes: Mutex::default() }
    }

    /// What a run waits for.
    pub(crate) fn of(&self, run: RunId) -> ProviderWaits {
        let lanes = self.lock();
        let mut items: Vec<ProviderWait> =
            lanes.iter().filter(|((of, _), _)| *of == run).map(|(_, wait)| wait.shown.clone()).collect();
        items.sort_by_key(|wait| wait.model_position);
        ProviderWaits { items }
    }

    /// How many runs wait for a provider of this name.
    pub(crate) fn runs_of(&self, provider: &str) -> usize {
        let lanes = self.lock();
        let runs: HashSet<RunId> = lanes
            .iter()
            .filter(|(_, wait)| wait.shown.provider == provider)
            .map(|((run, _), _)| *run)
            .collect();
        runs.len()
    }

    /// Whether the cells of a model of a run have waited long enough.
    pub(super) fn is_over(&self, run: RunId, model: usize) -> bool {
        self.lock().get(&(run, model)).is_some_and(|wait| wait.began.elapsed() >= self.limit)
    }

    /// The cells of a model of a run wait for this server, whose breaker is not closed.
    pub(super) fn note(&self, run: RunId, model: usize, server: &Guarded, wall: Millis) -> Noted {
        let now = Instant::now();
        let breaker = server.breaker().look();
        let after = |moment: Instant| {
            Timestamp(
                wall + i64::try_from(moment.saturating_duration_since(now).as_millis()).unwrap_or(i64::MAX),
            )
        };
        let mut lanes = self.lock();
        let known = lanes.get(&(run, model));
        let (began, since) = known.map_or((now, Timestamp(wall)), |wait| (wait.began, wait.shown.since));
        let until = now.max(began + self.limit);
        // What was shown of a moment stays as it was: the two clocks do not go alike to the millisecond.
        let near = |new: Timestamp, old: Timestamp| if (new.0 - old.0).abs() < 1_000 { old } else { new };
        let mut shown = ProviderWait {
            provider: server.name().to_owned(),
            model_position: i64::try_from(model).unwrap_or(i64::MAX),
            since,
            by_hand: breaker.by_hand,
            probe_at: breaker.probe_at.map(after),
            until: after(until),
            reason: breaker.reason,
        };
        if let Some(known) = known {
            shown.until = near(shown.until, known.shown.until);
            if let (Some(new), Some(old)) = (shown.probe_at, known.shown.probe_at) {
                shown.probe_at = Some(near(new, old));
            }
        }
        let changed = known.is_none_or(|wait| wait.shown != shown);
        let is_over = now >= began + self.limit;
        // While somebody makes the probe nothing says when it will end.
        let soon = now + Duration::from_secs(1);
        let look_at =
            breaker.probe_at.unwrap_or(soon).max(now + Duration::from_millis(10)).min(until.max(soon));
        lanes.insert((run, model), Wait { began, shown });
        Noted { is_over, look_at, changed }
    }

    /// The cells of a model of a run wait no more. True: they did.
    pub(super) fn clear(&self, run: RunId, model: usize) -> bool {
        self.lock().remove(&(run, model)).is_some()
    }

    /// Forgets all other runs than these. Returns those that were forgotten.
    pub(super) fn keep(&self, runs: &HashSet<RunId>) -> HashSet<RunId> {
        let mut lanes = self.lock();
        let forgotten = lanes.keys().map(|(run, _)| *run).filter(|run| !runs.contains(run)).collect();
        lanes.retain(|(run, _), _| runs.contains(run));
        forgotten
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(RunId, usize), Wait>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The event that says what a run waits for. It has no number: it is never replayed, but told anew.
pub(super) fn waits_frame(waits: &ProviderWaits) -> Option<Frame> {
    #[derive(Serialize)]
    struct Data<'a> {
        waits: &'a [ProviderWait],
    }
    let data = serde_json::to_string(&Data { waits: &waits.items }).ok()?;
    Some(Frame { number: UNNUMBERED, event: "provider_waits", data: data.into() })
}
