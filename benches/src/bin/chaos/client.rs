//! Whoever asks the server, wherever it listens by now.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use reqwest::Method;
use serde_json::Value;
use testkit::{Actor, Answer, Events};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::tally::{Tally, Wrong};

/// How long an answer may take, whatever is the matter.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long to wait before a request is sent again.
const AGAIN: Duration = Duration::from_millis(40);

/// What is away now, so that requests may be refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Away {
    Nothing,
    Redis,
    Disk,
}

/// What is away, for everybody to see.
#[derive(Debug, Default)]
pub(crate) struct Weather(AtomicU8);

impl Weather {
    pub(crate) fn set(&self, away: Away) {
        self.0.store(away as u8, Ordering::SeqCst);
    }

    fn get(&self) -> Away {
        match self.0.load(Ordering::SeqCst) {
            1 => Away::Redis,
            2 => Away::Disk,
            _ => Away::Nothing,
        }
    }
}

/// The server from one start to its end.
#[derive(Clone)]
pub(crate) struct Life {
    pub(crate) actor: Actor,
    /// Its number among all.
    pub(crate) number: u64,
}

/// Asks, and waits for the server where there is none.
#[derive(Clone)]
pub(crate) struct Client {
    life: watch::Receiver<Option<Life>>,
    tally: Arc<Tally>,
    weather: Arc<Weather>,
    strict_redis: bool,
}

impl Client {
    pub(crate) fn new(
        life: watch::Receiver<Option<Life>>,
        tally: Arc<Tally>,
        weather: Arc<Weather>,
        strict_redis: bool,
    ) -> Self {
        Self { life, tally, weather, strict_redis }
    }

    /// The same for a server that stays.
    pub(crate) fn of(actor: Actor, tally: &Arc<Tally>) -> Self {
        let (_, life) = watch::channel(Some(Life { actor, number: 0 }));
        Self::new(life, Arc::clone(tally), Arc::default(), false)
    }

    async fn life(&self) -> Life {
        let mut life = self.life.clone();
        loop {
            if let Some(life) = &*life.borrow_and_update() {
                return life.clone();
            }
            // Without a sender it stays as it is: then this program ends.
            if life.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// None: there was no answer, or it was a refusal of the whole server. It may be done or not.
    pub(crate) async fn ask(
        &self,
        method: &Method,
        path: &str,
        headers: &[(&'static str, &str)],
        body: Option<&Value>,
    ) -> Option<Answer> {
        let life = self.life().await;
        let before = self.weather.get();
        let asked = life.actor.try_send(method.clone(), path, headers, body);
        match timeout(PATIENCE, asked).await {
            Ok(Some(answer)) if answer.status.is_server_error() => {
                self.judge(&format!("{method} {path}"), &answer, before);
                None
            }
            Ok(Some(answer)) => Some(answer),
            Ok(None) => {
                let lives = self.life.borrow().as_ref().is_some_and(|now| now.number == life.number);
                if lives {
                    let what = format!("{method} {path}: the connection broke, and the server lives");
                    self.tally.wrong(Wrong::Answer, &what);
                }
                None
            }
            Err(_) => {
                self.tally.wrong(Wrong::Delay, &format!("{method} {path}: no answer in {PATIENCE:?}"));
                None
            }
        }
    }

    /// Asks until there is an answer.
    pub(crate) async fn answer(
        &self,
        method: &Method,
        path: &str,
        headers: &[(&'static str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        loop {
            if let Some(answer) = self.ask(method, path, headers, body).await {
                return answer;
            }
            sleep(AGAIN).await;
        }
    }

    /// Reads until there is an answer.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.answer(&Method::GET, path, &[], None).await
    }

    /// What the stream at a path says, as long as it lasts.
    pub(crate) async fn events(&self, path: &str) -> Events {
        loop {
            let life = self.life().await;
            if let Ok(Some(events)) = timeout(PATIENCE, life.actor.try_events(path)).await {
                return events;
            }
            sleep(AGAIN).await;
        }
    }

    /// A 5xx is right only where something is away that the request needs, and says when to come again.
    fn judge(&self, request: &str, answer: &Answer, before: Away) {
        let away = match before {
            Away::Nothing => self.weather.get(),
            away => away,
        };
        let is_refusal = answer.status == 503 && answer.retry_after.is_some();
        let may_be = match away {
            Away::Nothing => false,
            Away::Redis => !self.strict_redis,
            Away::Disk => true,
        };
        if is_refusal && may_be {
            self.tally.refused.add(1);
        } else {
            let what = format!("{request}: {} while {away:?} is away: {}", answer.status, answer.body);
            self.tally.wrong(Wrong::Answer, &what);
        }
    }
}
