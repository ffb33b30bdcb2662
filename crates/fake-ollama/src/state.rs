//! What the server knows and counts.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{Notify, oneshot, watch};
use tokio::time::Instant;

use crate::answer::Recorded;
use crate::clock::Clock;
use crate::control::{Change, Settings};
use crate::fault::{Claimed, Refusal};
use crate::model::Model;
use crate::request::KeepAlive;

/// What has been counted since the start or the last reset. A call is a request for an answer or for vectors
/// that names a served model, over either protocol; loading, unloading and pulling are no calls.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Calls that came in.
    pub calls: u64,
    /// Calls that have not been answered to their last byte.
    pub in_flight: u64,
    /// The most that were in flight at once.
    pub most_in_flight: u64,
    /// Requests that hang now because a fault tells them to.
    pub hanging: u64,
    /// Calls whose client went away before the last byte.
    pub aborted: u64,
    /// Calls that a fault or the error rate answered with an error.
    pub failed: u64,
    /// Times that a model was loaded.
    pub loads: u64,
    /// The same by model, for every model that is or was served.
    pub models: BTreeMap<String, ModelCounters>,
}

/// What one model was asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelCounters {
    /// Calls of this model.
    pub calls: u64,
    /// Times that it was loaded.
    pub loads: u64,
}

/// A model in memory.
#[derive(Debug, Clone)]
pub(crate) struct Loaded {
    pub(crate) model: Place,
    pub(crate) context: u64,
    /// `None` keeps it for ever.
    pub(crate) expires: Option<Instant>,
}

/// Where a model stands among all that are or were served. It stays there, deleted or not.
pub(crate) type Place = usize;

/// A model that is or was served.
#[derive(Debug)]
struct Served {
    model: Arc<Model>,
    counters: ModelCounters,
    /// False once it has been deleted.
    listed: bool,
}

#[derive(Debug)]
struct State {
    settings: Settings,
    counters: Counters,
    models: Vec<Served>,
    /// The model asked last stands last.
    loaded: Vec<Loaded>,
    /// Requests that the fault might have met since it was set.
    candidates: u64,
}

/// One server's state. A call takes its lock three times, for some hundred nanoseconds.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) recorded: Option<Recorded>,
    pub(crate) seed: u64,
    pub(crate) clock: Clock,
    loaded_models: usize,
    state: Mutex<State>,
    changed: Notify,
    released: watch::Sender<()>,
    refusals: UnboundedSender<(Refusal, oneshot::Sender<()>)>,
}

/// What a call is told when it begins.
pub(crate) struct Ticket {
    pub(crate) call: InFlight,
    /// Counted from 1, anew after a reset.
    pub(crate) number: u64,
    pub(crate) settings: Settings,
    pub(crate) context: u64,
    /// What this call waits for its model to be loaded.
    pub(crate) load: Duration,
    pub(crate) fault: Option<Claimed>,
}

impl Shared {
    pub(crate) fn new(
        models: Vec<Model>,
        recorded: Option<Recorded>,
        seed: u64,
        loaded_models: usize,
        settings: Settings,
        refusals: UnboundedSender<(Refusal, oneshot::Sender<()>)>,
    ) -> Self {
        let served =
            |model| Served { model: Arc::new(model), counters: ModelCounters::default(), listed: true };
        let state = State {
            settings,
            counters: Counters::default(),
            models: models.into_iter().map(served).collect(),
            loaded: Vec::new(),
            candidates: 0,
        };
        Self {
            recorded,
            seed,
            clock: Clock::start(),
            loaded_models: loaded_models.max(1),
            state: Mutex::new(state),
            changed: Notify::new(),
            released: watch::Sender::new(()),
            refusals,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn update<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut self.lock());
        self.changed.notify_waiters();
        result
    }

    /// The served model that a name means.
    pub(crate) fn find(&self, name: &str) -> Option<(Place, Arc<Model>)> {
        let state = self.lock();
        let place = state.models.iter().position(|served| served.listed && served.model.is_named(name))?;
        Some((place, Arc::clone(&state.models[place].model)))
    }

    /// The served models.
    pub(crate) fn models(&self) -> Vec<Arc<Model>> {
        let listed = |served: &Served| served.listed.then(|| Arc::clone(&served.model));
        self.lock().models.iter().filter_map(listed).collect()
    }

    /// Serves a model from now on, in the place of one of its name.
    pub(crate) fn serve(&self, model: Model) {
        self.update(|state| {
            let known = state.models.iter_mut().find(|served| served.model.is_named(&model.name));
            let model = Arc::new(model);
            match known {
                Some(served) => (served.model, served.listed) = (model, true),
                None => {
                    state.models.push(Served { model, counters: ModelCounters::default(), listed: true });
                }
            }
        });
    }

    /// Serves a model no more.
    pub(crate) fn remove(&self, model: Place) {
        self.update(|state| {
            state.models[model].listed = false;
            state.loaded.retain(|loaded| loaded.model != model);
        });
    }

    /// Counts a call, loads its model, and hands it the fault that it meets.
    pub(crate) fn begin(self: &Arc<Self>, model: Place, context: Option<u64>, keep: KeepAlive) -> Ticket {
        self.update(|state| {
            state.counters.calls += 1;
            state.counters.in_flight += 1;
            state.counters.most_in_flight = state.counters.most_in_flight.max(state.counters.in_flight);
            state.models[model].counters.calls += 1;
            let number = state.counters.calls;
            let (context, load) = self.load_in(state, model, context, keep);
            let fault = self.claim_in(state, Some(model));
            let call = InFlight { shared: Arc::clone(self), open: true };
            Ticket { call, number, settings: state.settings.clone(), context, load, fault }
        })
    }

    /// Loads a model without a call, and says how long that takes.
    pub(crate) fn load(&self, model: Place, context: Option<u64>, keep: KeepAlive) -> Duration {
        self.update(|state| self.load_in(state, model, context, keep).1)
    }

    pub(crate) fn unload(&self, model: Place) {
        self.update(|state| state.loaded.retain(|loaded| loaded.model != model));
    }

    /// The fault that a request other than a call meets.
    pub(crate) fn claim(self: &Arc<Self>) -> Option<Claimed> {
        self.update(|state| self.claim_in(state, None))
    }

    /// The context of the loaded model, and how long its loading takes. A model with another context is another
    /// load, as in Ollama.
    fn load_in(
        &self,
        state: &mut State,
        model: Place,
        context: Option<u64>,
        keep: KeepAlive,
    ) -> (u64, Duration) {
        let now = Instant::now();
        let longest = state.models[model].model.context_length;
        let context = context.unwrap_or(state.settings.context_length).min(longest);
        state.loaded.retain(|loaded| loaded.expires.is_none_or(|expires| expires > now));
        let known = state.loaded.iter().position(|loaded| loaded.model == model);
        let same = known.map(|place| state.loaded.remove(place)).is_some_and(|old| old.context == context);
        if !same {
            state.counters.loads += 1;
            state.models[model].counters.loads += 1;
            let surplus = (state.loaded.len() + 1).saturating_sub(self.loaded_models);
            state.loaded.drain(..surplus);
        }
        let expires = keep.0.and_then(|keep| now.checked_add(keep));
        state.loaded.push(Loaded { model, context, expires });
        (context, Duration::from_millis(if same { 0 } else { state.settings.load_ms }))
    }

    /// The fault that a request meets: a call of `model`, or another request.
    fn claim_in(self: &Arc<Self>, state: &mut State, model: Option<Place>) -> Option<Claimed> {
        let model = model.map(|place| &*state.models[place].model);
        let fault = state.settings.claim_fault(model, self.seed, &mut state.candidates)?;
        // Subscribed under the lock, so that no change of the fault is missed.
        Some(Claimed { fault, shared: Arc::clone(self), released: self.released.subscribe() })
    }

    /// Has the server refuse connections, and returns when it does.
    pub(crate) async fn refuse(&self, refusal: Refusal) {
        let (closed, told) = oneshot::channel();
        // Errors say that the server has stopped, and refuses them anyway.
        self.refusals.send((refusal, closed)).ok();
        told.await.ok();
    }

    pub(crate) fn change(&self, change: &Change) {
        self.update(|state| {
            state.settings.apply(change);
            if change.changes_fault() {
                state.candidates = 0;
                self.released.send_replace(());
            }
            if change.reset_counters {
                let Counters { in_flight, hanging, .. } = state.counters;
                let most_in_flight = in_flight;
                state.counters = Counters { in_flight, most_in_flight, hanging, ..Counters::default() };
                state.models.iter_mut().for_each(|served| served.counters = ModelCounters::default());
            }
        });
    }

    pub(crate) fn read(&self) -> (Settings, Counters) {
        let state = self.lock();
        let models = state.models.iter().map(|served| (served.model.name.clone(), served.counters)).collect();
        (state.settings.clone(), Counters { models, ..state.counters.clone() })
    }

    /// The models in memory now, the one asked last first.
    pub(crate) fn loaded(&self) -> Vec<(Arc<Model>, Loaded)> {
        let now = Instant::now();
        let state = self.lock();
        let alive = state.loaded.iter().rev().filter(|loaded| loaded.expires.is_none_or(|end| end > now));
        alive.map(|loaded| (Arc::clone(&state.models[loaded.model].model), loaded.clone())).collect()
    }

    /// Waits until the counters are as wanted.
    pub(crate) async fn wait_until(&self, wanted: impl Fn(&Counters) -> bool) -> Counters {
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            changed.as_mut().enable();
            let (_, counters) = self.read();
            if wanted(&counters) {
                return counters;
            }
            changed.await;
        }
    }
}

/// A call that is being answered. Dropped before [`InFlight::finish`], its client has gone away.
pub(crate) struct InFlight {
    shared: Arc<Shared>,
    open: bool,
}

impl InFlight {
    /// The last byte is on its way.
    pub(crate) fn finish(mut self) {
        self.open = false;
    }

    /// The call gets an error for an answer.
    pub(crate) fn fail(&self) {
        self.shared.update(|state| state.counters.failed += 1);
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let aborted = u64::from(self.open);
        self.shared.update(|state| {
            state.counters.in_flight -= 1;
            state.counters.aborted += aborted;
        });
    }
}

/// Counts a request while it hangs.
pub(crate) struct Hanging(Arc<Shared>);

impl Hanging {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        shared.update(|state| state.counters.hanging += 1);
        Self(shared)
    }
}

impl Drop for Hanging {
    fn drop(&mut self) {
        self.0.update(|state| state.counters.hanging -= 1);
    }
}
