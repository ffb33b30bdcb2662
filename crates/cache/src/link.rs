//! The connection to Redis behind its breaker: whoever asks gets an answer soon, or none.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::clock::{Clock, Millis};
use redis::aio::MultiplexedConnection;
use redis::{RedisError, RedisResult};
use resilience::{Admission, Breaker, BreakerState, Pass};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use crate::{CacheSettings, Health, Mode, RedisUrl};

/// How long a sentence about what went wrong may be: part of it comes from whatever answers there.
const SENTENCE: usize = 200;

/// A connection to Redis, or the wish for one.
pub(crate) struct Link {
    /// Without user and password.
    url: String,
    answer: Duration,
    breaker: Breaker,
    state: Mutex<State>,
    /// Told when there is something to do for who looks after the link.
    lost: Notify,
    clock: Arc<dyn Clock>,
}

struct State {
    connection: Option<Connection>,
    /// How many connections were made.
    made: u64,
    mode: Mode,
    since: Millis,
    last_error: Option<String>,
}

#[derive(Clone)]
struct Connection {
    number: u64,
    to: MultiplexedConnection,
}

/// What the link needs from who looks after it.
pub(crate) enum Need {
    /// Nothing, until it says so.
    Nothing,
    /// A connection.
    Connection,
    /// A connection, to be made then, to try whether Redis answers again.
    Probe(Instant),
}

/// Why there is no answer.
enum Failure {
    Late,
    Redis(RedisError),
}

impl Link {
    pub(crate) fn new(url: &RedisUrl, settings: &CacheSettings, clock: &Arc<dyn Clock>) -> Self {
        let state =
            State { connection: None, made: 0, mode: Mode::Memory, since: clock.now(), last_error: None };
        Self {
            url: url.to_string(),
            answer: Duration::from_millis(settings.answer_ms.into()),
            breaker: Breaker::new(settings.breaker.clone()),
            state: Mutex::new(state),
            lost: Notify::new(),
            clock: Arc::clone(clock),
        }
    }

    /// What Redis answers, within the time for an answer. None: it does not, or it is left alone now.
    pub(crate) async fn ask<T, F>(&self, question: impl FnOnce(MultiplexedConnection) -> F) -> Option<T>
    where
        F: Future<Output = RedisResult<T>>,
    {
        // A request never makes the probe: it would wait for it.
        if self.breaker.state() != BreakerState::Closed {
            return None;
        }
        let Connection { number, to } = self.state().connection.clone()?;
        let Admission::Passed(pass) = self.breaker.admit() else { return None };
        let failure = match timeout(self.answer, question(to)).await {
            Ok(Ok(answer)) => {
                pass.succeeded();
                return Some(answer);
            }
            Ok(Err(error)) => Failure::Redis(error),
            Err(_) => Failure::Late,
        };
        self.failed(number, pass, &failure);
        None
    }

    fn failed(&self, number: u64, pass: Pass<'_>, failure: &Failure) {
        let mut state = self.state();
        // When a connection breaks, everybody who waits on it hears of it. It is one failure.
        if state.connection.as_ref().is_none_or(|connection| connection.number != number) {
            return;
        }
        let sentence = self.sentence(failure);
        let opened = pass.failed(&sentence);
        if opened || failure.breaks_the_connection() {
            state.connection = None;
            self.away(&mut state, &sentence);
            self.lost.notify_one();
        }
        state.last_error = Some(sentence);
    }

    /// Makes the connection that is needed, within `limit`, and takes what `connect` finds as an answer of Redis.
    /// False: there is none, and it is said why.
    pub(crate) async fn make(
        &self,
        limit: Duration,
        connect: impl Future<Output = RedisResult<MultiplexedConnection>>,
    ) -> bool {
        let (Admission::Passed(pass) | Admission::Probe(pass)) = self.breaker.admit() else { return false };
        let failure = match timeout(limit, connect).await {
            Ok(Ok(to)) => {
                let mut state = self.state();
                state.made += 1;
                state.connection = Some(Connection { number: state.made, to });
                if state.mode == Mode::Memory {
                    state.mode = Mode::Redis;
                    state.since = self.clock.now();
                    tracing::info!(url = self.url, "Redis answers: instances count together");
                }
                pass.succeeded();
                return true;
            }
            Ok(Err(error)) => Failure::Redis(error),
            Err(_) => Failure::Late,
        };
        let sentence = match failure {
            Failure::Late => format!("It could not be reached within {} ms.", limit.as_millis()),
            Failure::Redis(_) => self.sentence(&failure),
        };
        let mut state = self.state();
        self.away(&mut state, &sentence);
        pass.failed(&sentence);
        state.last_error = Some(sentence);
        false
    }

    /// A server that starts without Redis does not try again and again before its first request: as many failures as
    /// the breaker waits for.
    pub(crate) fn give_up_for_now(&self) {
        let mut state = self.state();
        let sentence = state.last_error.clone().unwrap_or_default();
        while let Admission::Passed(pass) = self.breaker.admit() {
            pass.failed(&sentence);
        }
        if state.made == 0 {
            // There was no mode before that could have ended, so nobody has said it.
            say_away(&self.url, &sentence);
            state.since = self.clock.now();
        }
    }

    /// Leaves Redis alone until somebody closes the breaker. False: somebody has stopped it before.
    pub(crate) fn open(&self, reason: &str) -> bool {
        let opened = self.breaker.open(reason);
        if opened {
            let mut state = self.state();
            state.connection = None;
            self.away(&mut state, reason);
            state.last_error = Some(reason.to_owned());
        }
        self.lost.notify_one();
        opened
    }

    /// Uses Redis again, whatever stopped it. False: nothing did.
    pub(crate) fn close(&self, reason: &str) -> bool {
        let closed = self.breaker.close(reason);
        self.lost.notify_one();
        closed
    }

    /// What it needs now.
    pub(crate) fn need(&self) -> Need {
        match self.breaker.state() {
            BreakerState::Closed if self.state().connection.is_some() => Need::Nothing,
            BreakerState::Closed => Need::Connection,
            // Who asks here makes the probe, so it is over; and one that was opened by hand has none.
            BreakerState::Open | BreakerState::HalfOpen => {
                self.breaker.probe_at().map_or(Need::Nothing, Need::Probe)
            }
        }
    }

    /// Waits until it may need something.
    pub(crate) async fn wait(&self) {
        self.lost.notified().await;
    }

    pub(crate) fn health(&self) -> Health {
        let state = self.state();
        Health {
            url: self.url.clone(),
            mode: state.mode,
            since: state.since,
            breaker: self.breaker.look(),
            last_error: state.last_error.clone(),
        }
    }

    /// From now on memory alone is used. Said once for each time.
    fn away(&self, state: &mut State, reason: &str) {
        if state.mode == Mode::Redis {
            state.mode = Mode::Memory;
            state.since = self.clock.now();
            say_away(&self.url, reason);
        }
    }

    fn sentence(&self, failure: &Failure) -> String {
        match failure {
            Failure::Late => format!("It did not answer within {} ms.", self.answer.as_millis()),
            Failure::Redis(error) => {
                let said = error.to_string();
                let said: String = said.chars().filter(|sign| !sign.is_control()).take(SENTENCE).collect();
                format!("{}.", said.trim_end_matches('.'))
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Whatever half of a change a panic leaves: the next failure or connection sets all of it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Failure {
    fn breaks_the_connection(&self) -> bool {
        match self {
            // Its answer may still come, and is told from the next by its place.
            Self::Late => false,
            Self::Redis(error) => error.is_io_error() || error.is_unrecoverable_error(),
        }
    }
}

fn say_away(url: &str, reason: &str) {
    tracing::warn!(url, reason, "Redis does not answer: until it does, each instance counts for itself");
}
