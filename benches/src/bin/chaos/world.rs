//! The server, what it depends on, and what is done to them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use testkit::{Actor, Program, RedisServer, ServerProcess};
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep, timeout};

use crate::client::{Client, Life, Weather};
use crate::faults::FakeClock;
use crate::models::ModelServer;
use crate::place::{Place, run};
use crate::plan::Kind;
use crate::tally::{Tally, Wrong};
use crate::workload::Workload;

/// The providers, each with a model server of its own.
pub(crate) const PROVIDERS: [&str; 2] = ["one", "two"];
/// How long after a fault the runs may take to go on.
pub(crate) const GOES_ON: Duration = Duration::from_secs(5);
/// How long anything may take that has to happen at last.
pub(crate) const AT_LAST: Duration = Duration::from_mins(1);
/// How often it is looked whether something has happened.
pub(crate) const LOOK: Duration = Duration::from_millis(5);

pub(crate) struct World {
    binary: PathBuf,
    pub(crate) place: Place,
    server: Option<Program>,
    life: watch::Sender<Option<Life>>,
    starts: u64,
    key: String,
    /// In the order of `PROVIDERS`.
    pub(crate) models: Vec<ModelServer>,
    pub(crate) redis: Option<RedisServer>,
    pub(crate) clock: Option<FakeClock>,
    /// How often the server was asked what time it is.
    pub(crate) looks: u64,
    pub(crate) weather: Arc<Weather>,
    pub(crate) tally: Arc<Tally>,
}

impl World {
    pub(crate) async fn new(
        place: Place,
        redis: Option<RedisServer>,
        clock: Option<FakeClock>,
        tally: Arc<Tally>,
    ) -> Result<Self> {
        let binary = benches::binary()?;
        let models =
            PROVIDERS.map(|_| ModelServer::start(binary.clone())).into_iter().collect::<Result<_>>()?;
        let life = watch::Sender::new(None);
        let (weather, key) = (Arc::default(), String::new());
        let mut world = Self {
            binary,
            place,
            server: None,
            life,
            starts: 0,
            key,
            models,
            redis,
            clock,
            looks: 0,
            weather,
            tally,
        };
        world.configure()?;
        world.start().await?;
        Ok(world)
    }

    fn configure(&self) -> Result<()> {
        let providers = providers(self.models.iter().map(ModelServer::address));
        let cache = |redis: &RedisServer| {
            let breaker = "breaker = { failures = 3, open_ms = 1000 }";
            format!("[cache]\nredis_url = \"{}\"\n{breaker}\n", redis.url())
        };
        let cache = self.redis.as_ref().map(cache).unwrap_or_default();
        Ok(std::fs::write(self.place.data().join("promptcards.toml"), providers + &cache)?)
    }

    /// Starts the server. The first one makes the account and its key.
    pub(crate) async fn start(&mut self) -> Result<()> {
        let data = self.place.data();
        let server = begin(self.command(&data)).await?;
        if self.key.is_empty() {
            self.key = testkit::api_key_at(server.address(), &data);
        }
        let actor = self.actor(&server);
        self.server = Some(server);
        self.starts += 1;
        self.life.send_replace(Some(Life { actor, number: self.starts }));
        Ok(())
    }

    /// `promptcards serve` on a folder of data.
    pub(crate) fn command(&self, data: &Path) -> Command {
        let mut command = ServerProcess::command(&self.binary, data);
        let clock = self.clock.iter().flat_map(FakeClock::environment);
        command.env("PROMPTCARDS_LOG__LEVEL", "warn").envs(clock);
        command
    }

    /// Somebody at a server with these data, who may do what is done here.
    pub(crate) fn actor(&self, server: &Program) -> Actor {
        Actor::at(server.address()).with(self.key.clone())
    }

    pub(crate) fn client(&self, strict_redis: bool) -> Client {
        let (tally, weather) = (Arc::clone(&self.tally), Arc::clone(&self.weather));
        Client::new(self.life.subscribe(), tally, weather, strict_redis)
    }

    pub(crate) fn server(&self) -> Result<&Program> {
        self.server.as_ref().context("there is no server")
    }

    /// Kills the server, which must have lived until then.
    pub(crate) fn kill(&mut self) {
        // Before it happens: whoever loses a connection is to know why.
        self.life.send_replace(None);
        let Some(mut server) = self.server.take() else { return };
        if let Some(status) = server.ended() {
            self.tally
                .wrong(Wrong::State, &format!("the server ended by itself: {status}: {}", server.log()));
        }
        self.look_for_panics(&server);
        server.kill();
        self.tally.kills.add(1);
    }

    /// Begins to start the server and kills it soon.
    pub(crate) async fn start_and_kill(&self, after: Duration) -> Result<()> {
        let mut starting = self.command(&self.place.data()).stdout(std::process::Stdio::null()).spawn()?;
        sleep(after).await;
        starting.kill()?;
        starting.wait()?;
        self.tally.kills.add(1);
        Ok(())
    }

    /// Ends the server as an operator would.
    pub(crate) fn stop(&mut self) {
        self.life.send_replace(None);
        let Some(server) = self.server.take() else { return };
        self.look_for_panics(&server);
        let status = server.stop();
        if !status.success() {
            self.tally.wrong(Wrong::State, &format!("the server ended with {status}"));
        }
    }

    /// A panic is none of what may happen, whatever happens.
    pub(crate) fn look_for_panics(&self, server: &Program) {
        for line in server.log().lines().filter(|line| line.contains("panicked at")) {
            self.tally.wrong(Wrong::State, line);
        }
    }

    /// Has the audit log of a folder of data verified. No server may have it.
    pub(crate) fn verify_audit(&self, data: &Path) {
        let mut command = Command::new(&self.binary);
        command.args(["audit", "verify", "--data-dir"]).arg(data).current_dir(data);
        command.env("PROMPTCARDS_SECRETS__MASTER_KEY_FILE", data.join("master.key"));
        if let Err(error) = run(&mut command) {
            self.tally.wrong(Wrong::Loss, &format!("the audit log: {error:#}"));
        }
    }

    /// Waits until the runs of these providers go on: an event that is newer than what the server had already.
    pub(crate) async fn expect_progress(
        &self,
        workload: &Workload,
        providers: &[usize],
        kind: Kind,
        within: Duration,
    ) {
        let begun = Instant::now();
        let mut had = Vec::new();
        for run in workload.runs() {
            let id = run.current.map(|run| run.id).unwrap_or_default();
            let path = format!("W/runs/{id}");
            let now = if id.is_empty() { None } else { Some(workload.shared.client.get(&path).await) };
            let number = now.and_then(|answer| answer.body["event_number"].as_i64()).unwrap_or_default();
            had.push((id, number));
        }
        loop {
            let runs = workload.runs();
            let goes_on = |provider: &usize| {
                let (id, number) = &had[*provider];
                let run = runs[*provider].current.as_ref();
                // Where that one has ended, the next one is as good, once it has a result.
                run.is_some_and(
                    |run| if run.id == *id { run.last_event > *number } else { !run.seen.is_empty() },
                )
            };
            if providers.iter().all(goes_on) {
                break;
            }
            if begun.elapsed() > AT_LAST {
                self.tally.wrong(Wrong::Delay, &format!("after {kind:?} no run goes on: {had:?}"));
                return;
            }
            sleep(LOOK).await;
        }
        let took = begun.elapsed();
        self.tally.went_on(kind, took);
        if took > within {
            self.tally.wrong(Wrong::Delay, &format!("after {kind:?} the runs went on after {took:?}"));
        }
    }
}

/// Starts a server and waits until it is ready.
pub(crate) async fn begin(mut command: Command) -> Result<Program> {
    let starting = spawn_blocking(move || Program::start(&mut command));
    let started = timeout(AT_LAST, starting).await.context("the server hangs while it starts")??;
    started.map_err(anyhow::Error::msg).context("the server does not start")
}

/// The settings of the providers, with time limits that a fault reaches soon.
pub(crate) fn providers(addresses: impl Iterator<Item = std::net::SocketAddr>) -> String {
    let table = |(name, address): (&&str, std::net::SocketAddr)| {
        let (kind, path) = if *name == "one" { ("ollama", "") } else { ("openai", "/v1") };
        format!(
            "[[providers]]\nname = \"{name}\"\nkind = \"{kind}\"\nbase_url = \"http://{address}{path}\"\n\
             concurrency = 8\nbreaker = {{ failures = 3, open_ms = 1000 }}\n\
             limits = {{ connect_ms = 1000, first_token_ms = 1500, loading_ms = 3000, idle_ms = 1000 }}\n\n"
        )
    };
    PROVIDERS.iter().zip(addresses).map(table).collect()
}
