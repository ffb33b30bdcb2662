//! What can be changed while the server runs: the body of `PATCH /control`.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::dice::Dice;
use crate::fault::{Fault, FaultOn};
use crate::model::Model;

/// Ollama's own default for `num_ctx`, in tokens.
const DEFAULT_CONTEXT: u64 = 4096;

/// How the server behaves now.
#[derive(Debug, Clone, Serialize)]
pub struct Settings {
    /// Time from a call to its first token, in milliseconds.
    pub latency_ms: u64,
    /// Time that it takes to load a model, in milliseconds; only the call that loads it waits.
    pub load_ms: u64,
    /// Pace of an answer; 0 sends it at once.
    pub tokens_per_second: u32,
    /// Share of calls that fail with HTTP 500, from 0 to 1. The seed and the call's number decide which.
    pub error_rate: f64,
    /// Time that a pull takes, in milliseconds, spread over its progress.
    pub pull_ms: u64,
    /// Context in tokens of a call that sets no `num_ctx`.
    pub context_length: u64,
    /// What goes wrong.
    pub fault: Option<Fault>,
    /// How many more requests the fault meets; `None` for all of them.
    pub fail_next: Option<u64>,
    /// The fault meets each request of this number since it was set: 3 is the third, the sixth and so on.
    pub fail_every: Option<u64>,
    /// The fault meets this share of requests, from 0 to 1. The seed and the request's number since the fault
    /// was set decide which.
    pub fail_share: Option<f64>,
    /// The fault meets calls of this model only.
    pub fail_model: Option<String>,
    /// Which requests the fault meets.
    pub fault_on: FaultOn,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            latency_ms: 0,
            load_ms: 0,
            tokens_per_second: 0,
            error_rate: 0.0,
            pull_ms: 0,
            context_length: DEFAULT_CONTEXT,
            fault: None,
            fail_next: None,
            fail_every: None,
            fail_share: None,
            fail_model: None,
            fault_on: FaultOn::Calls,
        }
    }
}

/// A change of [`Settings`]; what is absent stays as it is.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Change {
    /// See [`Settings::latency_ms`].
    pub latency_ms: Option<u64>,
    /// See [`Settings::load_ms`].
    pub load_ms: Option<u64>,
    /// See [`Settings::tokens_per_second`].
    pub tokens_per_second: Option<u32>,
    /// See [`Settings::error_rate`].
    #[serde(deserialize_with = "share")]
    pub error_rate: Option<f64>,
    /// See [`Settings::pull_ms`].
    pub pull_ms: Option<u64>,
    /// See [`Settings::context_length`].
    pub context_length: Option<u64>,
    /// Sets a fault in the place of any other; what hangs goes on. A name alone is the fault as it stands in
    /// [`Fault::ALL`].
    #[serde(deserialize_with = "fault")]
    pub fault: Option<Fault>,
    /// Ends the fault; what hangs goes on.
    pub recover: bool,
    /// The fault meets so many requests and then ends. Without this and the next three, a fault set anew meets
    /// all.
    pub fail_next: Option<u64>,
    /// See [`Settings::fail_every`].
    pub fail_every: Option<u64>,
    /// See [`Settings::fail_share`].
    #[serde(deserialize_with = "share")]
    pub fail_share: Option<f64>,
    /// See [`Settings::fail_model`].
    pub fail_model: Option<String>,
    /// See [`Settings::fault_on`].
    pub fault_on: Option<FaultOn>,
    /// Sets the counters to nothing, but for what is in flight. The numbering of calls starts anew, and with
    /// it the order of errors.
    pub reset_counters: bool,
}

impl Change {
    pub(crate) fn changes_fault(&self) -> bool {
        self.recover || self.fault.is_some()
    }
}

impl Settings {
    pub(crate) fn apply(&mut self, change: &Change) {
        self.latency_ms = change.latency_ms.unwrap_or(self.latency_ms);
        self.load_ms = change.load_ms.unwrap_or(self.load_ms);
        self.tokens_per_second = change.tokens_per_second.unwrap_or(self.tokens_per_second);
        self.error_rate = change.error_rate.unwrap_or(self.error_rate);
        self.pull_ms = change.pull_ms.unwrap_or(self.pull_ms);
        self.context_length = change.context_length.unwrap_or(self.context_length);
        self.fault_on = change.fault_on.unwrap_or(self.fault_on);
        if change.changes_fault() {
            self.end_fault();
            self.fault = change.fault;
        }
        self.fail_next = change.fail_next.or(self.fail_next);
        self.fail_every = change.fail_every.or(self.fail_every);
        self.fail_share = change.fail_share.or(self.fail_share);
        if change.fail_model.is_some() {
            self.fail_model.clone_from(&change.fail_model);
        }
        if self.fail_next == Some(0) {
            self.end_fault();
        }
    }

    fn end_fault(&mut self) {
        self.fault = None;
        (self.fail_next, self.fail_every, self.fail_share, self.fail_model) = (None, None, None, None);
    }

    /// The fault that a request meets, counted down. `model` is that of a call, `candidates` the requests that
    /// the fault might have met.
    pub(crate) fn claim_fault(
        &mut self,
        model: Option<&Model>,
        seed: u64,
        candidates: &mut u64,
    ) -> Option<Fault> {
        let fault = self.fault?;
        if model.is_none() && self.fault_on == FaultOn::Calls {
            return None;
        }
        if let Some(name) = &self.fail_model
            && !model.is_some_and(|model| model.is_named(name))
        {
            return None;
        }
        *candidates += 1;
        let in_turn = self.fail_every.is_none_or(|every| candidates.is_multiple_of(every.max(1)));
        let drawn = || Dice::new(seed.wrapping_add(*candidates), ["fault"]);
        if !in_turn || self.fail_share.is_some_and(|share| !drawn().chance(share)) {
            return None;
        }
        if let Some(left) = &mut self.fail_next {
            *left -= 1;
            if *left == 0 {
                self.end_fault();
            }
        }
        Some(fault)
    }
}

fn share<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    let number = Option::<f64>::deserialize(deserializer)?;
    match number {
        Some(number) if !(0.0..=1.0).contains(&number) => {
            Err(serde::de::Error::custom(format!("{number} is not between 0 and 1")))
        }
        _ => Ok(number),
    }
}

fn fault<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Fault>, D::Error> {
    match Option::<Value>::deserialize(deserializer)? {
        None => Ok(None),
        Some(Value::String(name)) => name.parse().map(Some).map_err(serde::de::Error::custom),
        Some(value) => serde_json::from_value(value).map(Some).map_err(serde::de::Error::custom),
    }
}
