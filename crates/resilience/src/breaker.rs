//! A circuit breaker: after some failures in a row nothing is called for a while, then one probe decides.
//!
//! | state | calls | next |
//! |---|---|---|
//! | closed | pass | open, when so many in a row have failed, in the order in which they ended |
//! | open | are refused | half-open, when the time is over and somebody asks |
//! | half-open | are refused, but for one probe | closed when it succeeds, open anew when it fails |
//!
//! Each change of the state begins another generation. A call that passed in an earlier one says nothing any more.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::settings::BreakerSettings;

/// How many changes are remembered.
const CHANGES: usize = 20;

/// What a breaker does with calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// Lets them pass.
    Closed,
    /// Refuses them.
    Open,
    /// Waits for what its one probe says.
    HalfOpen,
}

impl BreakerState {
    /// The word that stands in the API and in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
        }
    }
}

/// What comes of asking for a call.
#[derive(Debug)]
pub enum Admission<'a> {
    /// It may be made, and its end is to be said.
    Passed(Pass<'a>),
    /// The time is over: one probe may be made, and its end decides.
    Probe(Pass<'a>),
    /// It may not be made.
    Refused(Refusal),
}

/// Why a call may not be made now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// After how long it may be worth asking again. None: when somebody closes the breaker by hand.
    pub retry_after: Option<Duration>,
    /// How the last call failed, in a sentence.
    pub reason: String,
}

/// A change of the state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// When.
    pub at: Instant,
    /// To what.
    pub to: BreakerState,
    /// Why, in a sentence.
    pub reason: String,
}

/// How a breaker stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// What it does.
    pub state: BreakerState,
    /// Whether somebody opened it by hand: then it stays open until somebody closes it.
    pub by_hand: bool,
    /// How many calls in a row have failed.
    pub failures: u32,
    /// Since when there has been no success. None: it is closed.
    pub unavailable_since: Option<Instant>,
    /// When a probe may be made, where it is open and not by hand.
    pub probe_at: Option<Instant>,
    /// How the last call failed that counted, in a sentence; empty where none has.
    pub reason: String,
    /// How often it has opened.
    pub opened: u64,
    /// How many calls it has refused.
    pub refused: u64,
    /// Its latest changes, the oldest first.
    pub changes: Vec<Change>,
}

/// The right to make one call. Dropped without a word, as by a call that was cancelled, it changes nothing.
#[derive(Debug)]
#[must_use = "a call whose end is not said counts neither as success nor as failure"]
pub struct Pass<'a> {
    breaker: &'a Breaker,
    generation: u64,
    is_probe: bool,
    said: bool,
}

/// A circuit breaker around one thing that is called.
#[derive(Debug)]
pub struct Breaker {
    settings: BreakerSettings,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    generation: u64,
    state: State,
    unavailable_since: Option<Instant>,
    reason: String,
    opened: u64,
    refused: u64,
    changes: VecDeque<Change>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed {
        failures: u32,
    },
    /// None: until somebody closes it.
    Open {
        until: Option<Instant>,
    },
    HalfOpen,
}

impl Breaker {
    /// A closed one.
    pub fn new(settings: BreakerSettings) -> Self {
        let inner = Inner {
            generation: 0,
            state: State::Closed { failures: 0 },
            unavailable_since: None,
            reason: String::new(),
            opened: 0,
            refused: 0,
            changes: VecDeque::new(),
        };
        Self { settings, inner: Mutex::new(inner) }
    }

    /// Asks for a call.
    pub fn admit(&self) -> Admission<'_> {
        let mut inner = self.lock();
        let retry_after = match inner.state {
            State::Closed { .. } => return Admission::Passed(self.pass(inner.generation, false)),
            State::Open { until: Some(until) } => {
                let now = Instant::now();
                if now >= until {
                    inner.go(State::HalfOpen, "The time is over: one probe decides.");
                    return Admission::Probe(self.pass(inner.generation, true));
                }
                Some(until - now)
            }
            State::Open { until: None } => None,
            // The probe has limits of its own; it will not be long.
            State::HalfOpen => Some(Duration::from_secs(1)),
        };
        inner.refused += 1;
        Admission::Refused(Refusal { retry_after, reason: inner.reason.clone() })
    }

    fn pass(&self, generation: u64, is_probe: bool) -> Pass<'_> {
        Pass { breaker: self, generation, is_probe, said: false }
    }

    /// What it does with calls, without asking for one.
    pub fn state(&self) -> BreakerState {
        self.lock().state.shown()
    }

    /// When a probe may be made, where it is open and not by hand.
    pub fn probe_at(&self) -> Option<Instant> {
        match self.lock().state {
            State::Open { until } => until,
            State::Closed { .. } | State::HalfOpen => None,
        }
    }

    /// How it stands.
    pub fn look(&self) -> Snapshot {
        let inner = self.lock();
        let (failures, until, by_hand) = match inner.state {
            State::Closed { failures } => (failures, None, false),
            State::Open { until } => (0, until, until.is_none()),
            State::HalfOpen => (0, None, false),
        };
        Snapshot {
            state: inner.state.shown(),
            by_hand,
            failures,
            unavailable_since: inner.unavailable_since,
            probe_at: until,
            reason: inner.reason.clone(),
            opened: inner.opened,
            refused: inner.refused,
            changes: inner.changes.iter().cloned().collect(),
        }
    }

    /// Opens it until somebody closes it. False: somebody has before.
    pub fn open(&self, reason: &str) -> bool {
        let mut inner = self.lock();
        if inner.state == (State::Open { until: None }) {
            return false;
        }
        reason.clone_into(&mut inner.reason);
        inner.open(None, reason);
        true
    }

    /// Closes it, whatever opened it. False: it is closed.
    pub fn close(&self, reason: &str) -> bool {
        let mut inner = self.lock();
        if matches!(inner.state, State::Closed { .. }) {
            return false;
        }
        inner.close(reason);
        true
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Each change is made in one step, and none of them panics.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn shown(self) -> BreakerState {
        match self {
            Self::Closed { .. } => BreakerState::Closed,
            Self::Open { .. } => BreakerState::Open,
            Self::HalfOpen => BreakerState::HalfOpen,
        }
    }
}

impl Inner {
    fn go(&mut self, to: State, reason: &str) {
        self.generation += 1;
        self.state = to;
        if self.changes.len() == CHANGES {
            self.changes.pop_front();
        }
        self.changes.push_back(Change { at: Instant::now(), to: to.shown(), reason: reason.to_owned() });
    }

    fn open(&mut self, until: Option<Instant>, reason: &str) {
        self.opened += 1;
        self.unavailable_since.get_or_insert_with(Instant::now);
        self.go(State::Open { until }, reason);
    }

    fn close(&mut self, reason: &str) {
        self.unavailable_since = None;
        self.go(State::Closed { failures: 0 }, reason);
    }
}

impl Pass<'_> {
    /// The call succeeded, or failed in a way that says nothing against whom it was made to. True: the breaker has
    /// closed by this.
    pub fn succeeded(mut self) -> bool {
        self.said = true;
        let mut inner = self.breaker.lock();
        if inner.generation != self.generation {
            return false;
        }
        match inner.state {
            State::Closed { .. } => {
                inner.state = State::Closed { failures: 0 };
                false
            }
            State::HalfOpen | State::Open { .. } => {
                inner.close("The probe succeeded.");
                true
            }
        }
    }

    /// The call failed, for the reason that the sentence gives. True: the breaker has opened by this.
    pub fn failed(mut self, reason: &str) -> bool {
        self.said = true;
        let mut inner = self.breaker.lock();
        if inner.generation != self.generation {
            return false;
        }
        let failures = match inner.state {
            State::Closed { failures } => failures + 1,
            State::HalfOpen | State::Open { .. } => self.breaker.settings.failures,
        };
        reason.clone_into(&mut inner.reason);
        if failures < self.breaker.settings.failures {
            inner.state = State::Closed { failures };
            return false;
        }
        let until = Instant::now() + self.breaker.settings.open_for();
        inner.open(Some(until), reason);
        true
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.said || !self.is_probe {
            return;
        }
        let mut inner = self.breaker.lock();
        if inner.generation == self.generation {
            // Nothing came of the probe: the next who asks may make another.
            inner.go(State::Open { until: Some(Instant::now()) }, "The probe was given up.");
        }
    }
}
