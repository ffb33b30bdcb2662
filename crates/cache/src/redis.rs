//! What is asked of Redis. Each charge is one script, which Redis runs alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use domain::clock::{Clock, Millis};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, ErrorKind, RedisError, RedisResult, Script};
use tokio_util::sync::CancellationToken;

use crate::link::{Link, Need};
use crate::{CacheSettings, Charge, Health, Key, Outcome, RedisUrl, Standing, WindowKey};

/// How long a connection may take to be made and tried. Nobody waits for it but who looks after it, and a start.
const CONNECT: Duration = Duration::from_secs(1);
/// How long to wait after a connection could not be made; twice that after the next, until the breaker opens.
const PAUSE: Duration = Duration::from_millis(100);
/// The longest such wait, where the breaker waits for many failures.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// What is counted to see whether Redis does what is needed: a replica or a full server answers PING.
const PROBE: Charge = Charge { key: WindowKey { policy: "probe", subject: 0 }, limit: u32::MAX, cost: 1 };

/// Counts and answers in Redis, shared by all instances.
pub(crate) struct Redis {
    client: Client,
    link: Link,
    charge: Script,
    give_back: Script,
    clock: Arc<dyn Clock>,
    /// Whether the time of `clock` counts in Redis too.
    one_clock: bool,
    /// By how much its clock was ahead of ours when it last answered.
    ahead_ms: AtomicI64,
}

/// When charges were counted, and what came of them.
type Charged = (Millis, Outcome);

impl Redis {
    pub(crate) fn new(
        url: &RedisUrl,
        settings: &CacheSettings,
        clock: &Arc<dyn Clock>,
        one_clock: bool,
    ) -> Self {
        Self {
            client: url.client(),
            link: Link::new(url, settings, clock),
            charge: Script::new(include_str!("charge.lua")),
            give_back: Script::new(include_str!("give_back.lua")),
            clock: Arc::clone(clock),
            one_clock,
            ahead_ms: AtomicI64::new(0),
        }
    }

    /// The time by the clock of Redis, as far as it is known: what memory counts must leave its windows when it leaves
    /// those of Redis.
    pub(crate) fn now(&self) -> Millis {
        self.clock.now() + self.ahead_ms.load(Ordering::Relaxed)
    }

    pub(crate) fn health(&self) -> Health {
        self.link.health()
    }

    /// Opens the breaker by hand, or closes it.
    pub(crate) fn turn(&self, open: bool, reason: &str) -> bool {
        if open { self.link.open(reason) } else { self.link.close(reason) }
    }

    /// The first connection.
    pub(crate) async fn begin(&self) {
        if !self.connect().await {
            self.link.give_up_for_now();
        }
    }

    /// Makes a connection whenever one is needed, and tries Redis again when its breaker lets it, so that no request
    /// has to.
    pub(crate) async fn look_after(self: Arc<Self>, stop: CancellationToken) {
        tokio::select! {
            () = self.keep_connected() => {}
            () = stop.cancelled() => {}
        }
    }

    async fn keep_connected(&self) {
        let mut pause = PAUSE;
        loop {
            match self.link.need() {
                Need::Nothing => {
                    pause = PAUSE;
                    self.link.wait().await;
                }
                Need::Connection => {
                    if !self.connect().await {
                        tokio::time::sleep(pause).await;
                        pause = (2 * pause).min(LONGEST_PAUSE);
                    }
                }
                Need::Probe(at) => {
                    pause = PAUSE;
                    // Somebody may close the breaker before, or open it for longer.
                    if tokio::time::timeout_at(at, self.link.wait()).await.is_err() {
                        self.connect().await;
                    }
                }
            }
        }
    }

    /// Makes a connection and tries it. The limit of each answer is that of who asks.
    async fn connect(&self) -> bool {
        let made = async {
            let settings =
                AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
            let connection = self.client.get_multiplexed_async_connection_with_config(&settings).await?;
            self.charge_over(connection.clone(), &[PROBE], true).await?;
            Ok(connection)
        };
        self.link.make(CONNECT, made).await
    }

    /// See [`Cache::charge`](crate::Cache::charge). None: it does not answer now, and may have counted all the same.
    ///
    /// `counts`: whether anything is counted if there is room.
    pub(crate) async fn charge(&self, charges: &[Charge], counts: bool) -> Option<Charged> {
        self.link.ask(|connection| self.charge_over(connection, charges, counts)).await
    }

    async fn charge_over(
        &self,
        mut connection: MultiplexedConnection,
        charges: &[Charge],
        counts: bool,
    ) -> RedisResult<Charged> {
        let mut call = self.charge.prepare_invoke();
        call.arg(if self.one_clock { self.clock.now().to_string() } else { String::new() });
        call.arg(u8::from(counts));
        for charge in charges {
            call.key(name(&charge.key)).arg(charge.limit).arg(charge.cost);
        }
        let answer: Vec<i64> = call.invoke_async(&mut connection).await?;
        let [admitted, at, rest @ ..] = answer.as_slice() else { return Err(another_shape()) };
        if rest.len() != 4 * charges.len() {
            return Err(another_shape());
        }
        self.ahead_ms.store(at - self.clock.now(), Ordering::Relaxed);
        let standings = rest.chunks_exact(4).map(standing).collect();
        Ok((*at, Outcome { admitted: *admitted == 1, standings }))
    }

    /// See [`Cache::give_back`](crate::Cache::give_back). Only what was counted in Redis is given back there.
    pub(crate) async fn give_back(&self, charges: &[Charge], outcome: &Outcome) {
        let counted: Vec<(&Charge, i64)> = charges
            .iter()
            .zip(&outcome.standings)
            .filter_map(|(charge, standing)| Some((charge, standing.shared?)))
            .collect();
        if counted.is_empty() {
            return;
        }
        let mut call = self.give_back.prepare_invoke();
        for (charge, minute) in counted {
            call.key(name(&charge.key)).arg(minute).arg(charge.cost);
        }
        let given: Option<()> =
            self.link.ask(|mut connection| async move { call.invoke_async(&mut connection).await }).await;
        if given.is_none() {
            tracing::debug!("what Redis counted too much could not be given back");
        }
    }

    /// The answer that is kept under the key.
    pub(crate) async fn get(&self, key: &Key) -> Option<Bytes> {
        let mut call = redis::cmd("GET");
        call.arg(key.name());
        let found: Option<Vec<u8>> =
            self.link.ask(|mut connection| async move { call.query_async(&mut connection).await }).await?;
        found.map(Bytes::from)
    }

    /// Keeps an answer. Where it cannot be kept, others make it again.
    pub(crate) async fn put(&self, key: &Key, answer: &Bytes) {
        let lifetime = u64::try_from(key.kind.lifetime().as_millis()).unwrap_or(u64::MAX);
        let mut call = redis::cmd("SET");
        call.arg(key.name()).arg(&answer[..]).arg("PX").arg(lifetime);
        let _kept: Option<()> =
            self.link.ask(|mut connection| async move { call.query_async(&mut connection).await }).await;
    }
}

fn name(key: &WindowKey) -> String {
    format!("promptcards:window:{}:{:032x}", key.policy, key.subject)
}

fn standing(answer: &[i64]) -> Standing {
    Standing {
        counted: u32::try_from(answer[0]).unwrap_or(u32::MAX),
        reset_ms: answer[1],
        wait_ms: answer[2],
        here: None,
        shared: Some(answer[3]),
    }
}

fn another_shape() -> RedisError {
    RedisError::from((ErrorKind::UnexpectedReturnType, "the answer has another shape"))
}
