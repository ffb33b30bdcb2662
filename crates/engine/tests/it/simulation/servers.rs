//! The model servers of a history: what they do to calls, and what they see of the engine.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use domain::clock::Millis;
use llm::scripted::{Asked, Played, Scripted, Turn};
use llm::{CallErrorKind, ProviderKind, ProviderSettings};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

use super::clock::SimulatedClock;

/// The limits that every breaker has by default.
const FAILURES: u32 = 3;
const OPEN_MS: Millis = 60_000;
/// After how long a call without a token is given up.
const FIRST_TOKEN_MS: u64 = 20_000;

/// What a server does to calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weather {
    Fine,
    /// So many of a hundred calls fail in one way or another.
    Flaky(u32),
    /// No call succeeds.
    Down,
    /// No call is answered.
    Silent,
}

/// One server.
#[derive(Clone)]
pub(super) struct Server {
    pub(super) settings: ProviderSettings,
    clock: Arc<SimulatedClock>,
    seen: Arc<Mutex<Seen>>,
}

struct Seen {
    name: String,
    weather: Weather,
    rng: SmallRng,
    under_way: u32,
    begun: u32,
    breaker: Expected,
    /// What was seen that may not be.
    wrong: Vec<String>,
    log: Vec<String>,
}

/// What the breaker must be, as far as a server can tell.
#[derive(Debug, Default)]
struct Expected {
    generation: u32,
    failures: u32,
    open_until: Option<Millis>,
}

impl Server {
    pub(super) fn new(name: &str, concurrency: u32, clock: &Arc<SimulatedClock>, script: u64) -> Self {
        let mut settings = ProviderSettings::new(name, ProviderKind::Ollama);
        settings.concurrency = Some(concurrency);
        settings.limits.first_token_ms = FIRST_TOKEN_MS;
        settings.limits.loading_ms = FIRST_TOKEN_MS;
        let seen = Seen {
            name: name.to_owned(),
            weather: Weather::Fine,
            rng: SmallRng::seed_from_u64(script),
            under_way: 0,
            begun: 0,
            breaker: Expected::default(),
            wrong: Vec::new(),
            log: Vec::new(),
        };
        Self { settings, clock: Arc::clone(clock), seen: Arc::new(Mutex::new(seen)) }
    }

    /// The server as the engine sees it.
    pub(super) fn played(&self) -> (ProviderSettings, Scripted) {
        let server = self.clone();
        (self.settings.clone(), Scripted::new(move |asked| server.answer(asked)))
    }

    pub(super) fn turn(&self, weather: Weather) {
        self.lock().weather = weather;
    }

    /// The engine is killed, and knows nothing of before.
    pub(super) fn forget(&self) {
        let mut seen = self.lock();
        let generation = seen.breaker.generation + 1;
        (seen.breaker, seen.under_way) = (Expected { generation, ..Expected::default() }, 0);
    }

    pub(super) fn calls(&self) -> u32 {
        self.lock().begun
    }

    pub(super) fn wrong(&self) -> Vec<String> {
        self.lock().wrong.clone()
    }

    pub(super) fn log(&self) -> Vec<String> {
        self.lock().log.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }

    fn answer(&self, asked: Asked<'_>) -> Played {
        let now = self.clock.elapsed();
        let mut seen = self.lock();
        let is_chat = matches!(asked, Asked::Chat { .. });
        let (after, turn) = seen.draw(asked);
        if is_chat {
            seen.begin(now, self.settings.effective_concurrency());
        }
        let generation = seen.breaker.generation;
        let line = format!("{now} {} {asked:?} {turn:?} after {after:?}", seen.name);
        seen.log.push(line);
        let (server, failed, hangs) = (self.clone(), is_failure(&turn), matches!(turn, Turn::Hang));
        let mut told = false;
        let ended = move |to_the_end: bool| {
            if std::mem::replace(&mut told, true) {
                return;
            }
            let now = server.clock.elapsed();
            let mut seen = server.lock();
            if generation == seen.breaker.generation && is_chat {
                seen.breaker.call_ended(now, to_the_end.then_some(failed), hangs);
            } else if to_the_end && !failed && !is_chat {
                seen.breaker.answered_a_probe(now);
            }
            if is_chat {
                seen.under_way = seen.under_way.saturating_sub(1);
            }
        };
        Played { after, turn, ended: Box::new(ended) }
    }
}

impl Seen {
    fn draw(&mut self, asked: Asked<'_>) -> (Duration, Turn) {
        let after = Duration::from_millis(self.rng.random_range(1..=3_000));
        let answer = match asked {
            Asked::Chat { model, prompt } => Turn::Answer(super::answer_to(model, prompt)),
            Asked::Probe => Turn::Answer("1".to_owned()),
        };
        let kinds = [
            CallErrorKind::Connect,
            CallErrorKind::ServerError { status: Some(500) },
            CallErrorKind::Cut,
            CallErrorKind::Garbage,
            CallErrorKind::RateLimited,
            CallErrorKind::RefusedRequest { status: 400 },
        ];
        let turn = match self.weather {
            Weather::Fine => answer,
            Weather::Flaky(percent) if self.rng.random_range(0..100) >= percent => answer,
            Weather::Flaky(_) => match self.rng.random_range(0..=kinds.len()) {
                hang if hang == kinds.len() => Turn::Hang,
                kind => Turn::Fail(kinds[kind]),
            },
            Weather::Down => Turn::Fail(CallErrorKind::Connect),
            Weather::Silent => Turn::Hang,
        };
        (after, turn)
    }

    fn begin(&mut self, now: Millis, concurrency: u32) {
        self.begun += 1;
        self.under_way += 1;
        if self.under_way > concurrency {
            let line =
                format!("{now}: {} calls at once at {}, {concurrency} may be", self.under_way, self.name);
            self.wrong.push(line);
        }
        if let Some(until) = self.breaker.open_until {
            let line = format!("{now}: {} was asked while its breaker is open until {until}", self.name);
            self.wrong.push(line);
        }
    }
}

impl Expected {
    /// A call of this generation ended: whether it failed; None: it was given up.
    fn call_ended(&mut self, now: Millis, failed: Option<bool>, hung: bool) {
        match failed {
            Some(true) => self.failures += 1,
            Some(false) => self.failures = 0,
            // Whether its time was over or its run was cancelled cannot be told: the breaker may have counted it.
            None if hung => self.failures = 0,
            None => {}
        }
        if self.failures == FAILURES {
            *self = Self { generation: self.generation + 1, failures: 0, open_until: Some(now + OPEN_MS) };
        }
    }

    fn answered_a_probe(&mut self, now: Millis) {
        if self.open_until.is_some_and(|until| until <= now) {
            *self = Self { generation: self.generation + 1, ..Self::default() };
        }
    }
}

/// Whether a breaker counts it.
fn is_failure(turn: &Turn) -> bool {
    matches!(turn, Turn::Fail(kind) if kind.is_outage())
}
