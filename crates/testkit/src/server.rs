//! A server in this process, built as the binary builds it.

use std::net::SocketAddr;
use std::path::Path;

use fake_ollama::{FakeOllama, Options};
use llm::{Latency, ProviderKind};
use promptcards::{App, Config};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::actor::Actor;

/// A server on a free port with a database of its own and, as its `ollama`, a fake one.
pub struct TestServer {
    /// Somebody at it.
    pub actor: Actor,
    /// Its model server.
    pub ollama: FakeOllama,
    address: SocketAddr,
    stop: CancellationToken,
    running: Option<JoinHandle<Result<(), store::Error>>>,
    folder: TempDir,
}

impl TestServer {
    /// Starts one whose simulated models answer at once.
    pub async fn start() -> Self {
        Self::start_with(Options::default(), |_| {}).await
    }

    /// Starts one with a fake Ollama of these options and changed settings.
    pub async fn start_with(ollama: Options, change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ollama = FakeOllama::start(ollama).unwrap();
        let mut config = config(folder.path(), &ollama.url());
        change(&mut config);
        let app = App::build(&config).await.unwrap();
        let (address, stop) = (app.address(), CancellationToken::new());
        #[expect(clippy::disallowed_methods, reason = "`TestServer::stop` waits for it")]
        let running = Some(tokio::spawn(app.run(stop.clone())));
        Self { actor: Actor::at(address), ollama, address, stop, running, folder }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The folder of its database.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Stops it as a signal would, and waits until it has closed its database.
    pub async fn stop(mut self) -> TempDir {
        self.stop.cancel();
        let running = self.running.take().unwrap();
        running.await.expect("the server panicked").expect("the server did not end in good order");
        self.folder
    }
}

/// Settings of a server on a free port with its database in `folder`.
fn config(folder: &Path, ollama: &str) -> Config {
    let mut config = Config::default();
    config.server.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    folder.clone_into(&mut config.server.data_dir);
    config.store.path = folder.join("promptcards.db");
    for provider in &mut config.providers.0 {
        match provider.kind {
            ProviderKind::Ollama => provider.base_url = Some(ollama.to_owned()),
            ProviderKind::Simulated => provider.latency = Some(Latency { min_ms: 0, max_ms: 0 }),
        }
    }
    config
}
