//! The application, put together: store, models, engine, door.

use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use api::door::{Door, TrustedProxies};
use api::serve::{Connections, ListenError, Tls, TlsError};
use api::spa::Site;
use api::state::ApiState;
use cache::Cache;
use domain::clock::Clock;
use domain::ids::IdSource;
use engine::Engine;
use engine::backups::BackupParts;
use engine::limits::Limits;
use llm::{Names, Outbound, Registry, SettingsError};
use store::Store;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::Config;
use crate::system::{SystemClock, SystemIds};

/// How long the engine's tasks may take to end.
const TASKS: Duration = Duration::from_secs(5);
/// How long the store may take to write what is queued.
const STORE: Duration = Duration::from_secs(10);

/// Why the application does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// It cannot listen.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// Its certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The data folder cannot be made.
    #[error("the folder {path} cannot be made: {cause}")]
    Folder {
        /// The folder.
        path: String,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// A provider cannot be used.
    #[error(transparent)]
    Providers(#[from] SettingsError),
    /// There is no place for the master key.
    #[error(transparent)]
    Secrets(#[from] engine::secrets::SecretsError),
    /// The engine cannot begin.
    #[error(transparent)]
    Engine(#[from] engine::Error),
    /// The routes contradict themselves.
    #[error("the routes are wrong: {0}")]
    Routes(#[from] api::routes::RouteMistake),
    /// A thread of the start ended in a panic.
    #[error("the start ended in a panic: {0}")]
    Panicked(#[from] tokio::task::JoinError),
}

impl StartError {
    /// The exit code where the database is damaged or something else.
    pub(crate) const DAMAGED: u8 = 3;

    /// The exit code of the process: 3 the database is damaged or something else, 4 it is newer than this
    /// program, 5 another server or a copy has it, 1 anything else.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Store(error) => exit_code_of(error),
            _ => 1,
        }
    }
}

/// The exit code of a process whose database cannot be opened.
pub(crate) fn exit_code_of(error: &store::Error) -> u8 {
    match error {
        store::Error::Locked { .. } => 5,
        store::Error::NewerSchema { .. } => 4,
        store::Error::NotOurs { .. }
        | store::Error::Damaged { .. }
        | store::Error::DamagedFile { .. }
        | store::Error::EditedMigration { .. } => StartError::DAMAGED,
        _ => 1,
    }
}

/// Where `/metrics` is offered to whoever reaches it.
struct MetricsDoor {
    listener: TcpListener,
    address: SocketAddr,
    router: axum::Router,
}

/// A server that listens, ready to answer.
pub struct App {
    /// What it does.
    pub engine: Arc<Engine>,
    /// The file of the master key, where it was made just now: somebody should keep a copy of it.
    pub new_master_key: Option<PathBuf>,
    store: Store,
    listener: TcpListener,
    address: SocketAddr,
    metrics: Option<MetricsDoor>,
    origin: String,
    connections: Connections,
    router: axum::Router,
    tasks: TaskTracker,
    closing: CancellationToken,
    /// Cancelled when no request is open any more: the engine's tasks end.
    stop: CancellationToken,
}

impl App {
    /// Opens the database, starts the engine and listens. Runs that were under way go on from here.
    pub async fn build(config: &Config) -> Result<Self, StartError> {
        crate::install_cryptography();
        let ids: Arc<dyn IdSource> = Arc::new(SystemIds);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let tls = config.server.tls_files().map(Tls::load).transpose()?;
        // Listening comes first: a port that is taken must leave the database alone.
        let (listener, address) = listen(config.server.listen).await?;
        let metrics_listener = match config.server.metrics_listen {
            Some(wanted) => Some(listen(wanted).await?),
            None => None,
        };
        let store = open(config).await?;
        let master_key_file = config.secrets.master_key_file(&config.server.data_dir)?;
        let unlocked = engine::secrets::unlock(&store, &clock, &master_key_file).await?;
        let databases = databases(config);
        let their_ports = databases.iter().map(|(_, _, port)| *port).collect();
        let outbound = Outbound::closed(
            &config.outbound,
            Some(address),
            their_ports,
            Names::System,
            Arc::clone(&clock),
        )?;
        let providers = Registry::within(&config.providers, outbound, &clock, seed(&*ids))?;
        let (tasks, stop, closing) = (TaskTracker::new(), CancellationToken::new(), CancellationToken::new());
        let cache = Arc::new(Cache::open(&config.cache, Arc::clone(&clock), &tasks, &stop).await);
        let limits = Limits::new(Arc::clone(&cache), config.limits.clone(), Arc::clone(&clock));
        let parts = engine::Parts {
            store: store.clone(),
            providers,
            clock,
            ids: Arc::clone(&ids),
            runs: config.runs.clone(),
            retention: config.retention.clone(),
            sealer: unlocked.sealer,
            auth: config.auth.clone(),
            limits,
            cache,
            audit: config.audit.clone(),
        };
        let engine = Engine::start(parts, &tasks, &stop).await?;
        for (kind, host, port) in &databases {
            engine.note_contact(&format!("{kind}://{host}:{port}"));
        }
        let settings = toml::to_string(config).unwrap_or_default();
        engine.note_start(env!("CARGO_PKG_VERSION"), &settings).await?;
        engine.keep_backups(backups(config)).await;
        let door = Door::new(ids, config.server.reach(address.port()));
        let mut state = ApiState::new(Arc::clone(&engine), closing.clone());
        if config.server.over_tls() {
            state = state.over_tls();
        }
        let metrics = metrics_listener.map(|(listener, address)| {
            let router = api::metrics::router(state.clone());
            MetricsDoor { listener, address, router }
        });
        let router = api::router::router(state, Site::embedded(), &door)?;
        let connections = Connections {
            per_address: config.server.connections_per_address,
            proxies: TrustedProxies::new(config.server.trusted_proxies.clone()),
            accept_after_stop: config.server.accept_after_stop(),
            tls,
            ..Connections::default()
        };
        let (origin, new_master_key) = (config.server.origin(address), unlocked.made);
        Ok(Self {
            engine,
            new_master_key,
            store,
            listener,
            address,
            metrics,
            origin,
            connections,
            router,
            tasks,
            closing,
            stop,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where `/metrics` is offered to whoever reaches it, if it is.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics.as_ref().map(|door| door.address)
    }

    /// What people type to reach it, such as `http://127.0.0.1:3000`.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Its TLS, whose certificate may be read again while it runs.
    pub fn tls(&self) -> Option<Arc<Tls>> {
        self.connections.tls.clone()
    }

    /// Answers until `stop` is cancelled; then ends what is open, gives the cells under way back and closes
    /// the store.
    pub async fn run(self, stop: CancellationToken) -> Result<(), store::Error> {
        let closing = self.closing.clone();
        self.tasks.spawn(async move {
            stop.cancelled().await;
            closing.cancel();
        });
        let closing = self.closing.clone();
        let metrics = async {
            if let Some(MetricsDoor { listener, router, .. }) = self.metrics {
                api::serve::serve(listener, router, Connections::default(), closing).await;
            }
        };
        tokio::join!(api::serve::serve(self.listener, self.router, self.connections, self.closing), metrics);
        self.stop.cancel();
        // What stores results ends when nobody can send one any more, and the engine can.
        drop(self.engine);
        self.tasks.close();
        if tokio::time::timeout(TASKS, self.tasks.wait()).await.is_err() {
            tracing::warn!(
                tasks = self.tasks.len(),
                "tasks did not end in time; their cells go on at the next start"
            );
        }
        self.store.close(STORE).await
    }
}

/// Begins to listen, and says where.
async fn listen(wanted: SocketAddr) -> Result<(TcpListener, SocketAddr), ListenError> {
    let listener = api::serve::listen(wanted).await?;
    let address = listener.local_addr().map_err(|cause| ListenError::Refused { address: wanted, cause })?;
    Ok((listener, address))
}

/// Opens the database, and makes it where there is none.
pub(crate) async fn open(config: &Config) -> Result<Store, StartError> {
    let settings = config.store.clone();
    let folder = config.server.data_dir.clone();
    tokio::task::spawn_blocking(move || {
        make_folder(&folder)?;
        Ok(Store::open(settings)?)
    })
    .await?
}

/// What its backups are made with.
fn backups(config: &Config) -> BackupParts {
    BackupParts {
        settings: config.backup.clone(),
        database: config.store.clone(),
        work: config.work_folder(),
        program: env!("CARGO_PKG_VERSION"),
    }
}

/// Makes the data folder. What is in it is nobody else's to read.
pub(crate) fn make_folder(folder: &Path) -> Result<(), StartError> {
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|cause| StartError::Folder { path: folder.display().to_string(), cause })
}

/// The databases that the server uses over the network: kind, host and port.
fn databases(config: &Config) -> Vec<(&'static str, String, u16)> {
    let postgres = config.store.database_url.iter().flat_map(store::DatabaseUrl::places);
    let postgres = postgres.map(|(host, port)| ("postgres", host, port));
    let redis = config.cache.redis_url.iter().filter_map(cache::RedisUrl::place);
    postgres.chain(redis.map(|(host, port)| ("redis", host.to_owned(), port))).collect()
}

/// A seed for the jitter between attempts, from the random part of an identifier.
fn seed(ids: &dyn IdSource) -> u64 {
    ids.next().as_u64_pair().1
}
