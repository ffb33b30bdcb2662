//! A server in this process, built as the binary builds it.

use std::net::SocketAddr;

use fake_ollama::{FakeOllama, Options};
use llm::{Latency, ProviderKind};
use promptcards::{App, Config};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::accounts;
use crate::actor::Actor;
use crate::database::TestDatabase;
use crate::limits::{CONNECTIONS, plenty};

/// A server on a free port with a database of its own and, as its `ollama`, a fake one.
pub struct TestServer {
    /// The admin at it, who owns the workspace `default`.
    pub actor: Actor,
    /// Its model server.
    pub ollama: FakeOllama,
    /// Where its metrics are, if its settings offer them apart.
    pub metrics: Option<SocketAddr>,
    address: SocketAddr,
    stop: CancellationToken,
    running: Option<JoinHandle<Result<(), store::Error>>>,
    database: TestDatabase,
}

impl TestServer {
    /// Starts one whose simulated models answer at once.
    pub async fn start() -> Self {
        Self::start_with(Options::default(), |_| {}).await
    }

    /// Starts one with a fake Ollama of these options and changed settings.
    pub async fn start_with(ollama: Options, change: impl FnOnce(&mut Config)) -> Self {
        Self::on(TestDatabase::new(), FakeOllama::start(ollama).unwrap(), change).await
    }

    /// Starts one on a database that another one has left.
    pub async fn again(database: TestDatabase) -> Self {
        Self::on(database, FakeOllama::start(Options::default()).unwrap(), |_| {}).await
    }

    async fn on(database: TestDatabase, ollama: FakeOllama, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = config(&database, &ollama.url());
        change(&mut config);
        let app = App::build(&config).await.unwrap();
        let (address, metrics, stop) = (app.address(), app.metrics_address(), CancellationToken::new());
        let token = accounts::sign_in(app.engine.people()).await;
        #[expect(clippy::disallowed_methods, reason = "`TestServer::stop` waits for it")]
        let running = Some(tokio::spawn(app.run(stop.clone())));
        Self { actor: Actor::at(address).with(token), ollama, metrics, address, stop, running, database }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops it as a signal would, and waits until it has closed its database.
    pub async fn stop(mut self) -> TestDatabase {
        self.end().await;
        self.database
    }

    /// Stops it and starts it again with other settings, on the same database and beside the same model server.
    pub async fn restart(mut self, change: impl FnOnce(&mut Config)) -> Self {
        self.end().await;
        Self::on(self.database, self.ollama, change).await
    }

    async fn end(&mut self) {
        self.stop.cancel();
        let running = self.running.take().unwrap();
        running.await.expect("the server panicked").expect("the server did not end in good order");
    }
}

/// Settings of a server on a free port with this database.
fn config(database: &TestDatabase, ollama: &str) -> Config {
    let mut config = Config::default();
    config.server.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    config.server.connections_per_address = CONNECTIONS;
    config.server.accept_after_stop_ms = 0;
    database.folder().clone_into(&mut config.server.data_dir);
    config.store = database.settings();
    config.secrets.master_key_file = Some(database.folder().join("master.key"));
    config.limits = plenty();
    for provider in &mut config.providers.0 {
        match provider.kind {
            ProviderKind::Ollama => provider.base_url = Some(ollama.to_owned()),
            ProviderKind::OpenAi => {}
            ProviderKind::Simulated => provider.latency = Some(Latency { min_ms: 0, max_ms: 0 }),
        }
    }
    config
}
