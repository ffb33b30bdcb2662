//! What outlives a server that is killed: the database, the model servers, and the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cache::Cache;
use domain::clock::Clock;
use domain::ids::IdSource;
use engine::audit::AuditSettings;
use engine::limits::{Limits, LimitsSettings};
use engine::people::AuthSettings;
use engine::retention::RetentionSettings;
use engine::runs::RunsSettings;
use engine::secrets::{MasterKey, Sealer};
use engine::{Engine, Parts};
use llm::Registry;
use store::Store;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::clock::SimulatedClock;
use super::servers::Server;

/// 1, 2, 3 … as ids.
#[derive(Default)]
struct CountedIds(AtomicU64);

impl IdSource for CountedIds {
    fn next(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::Relaxed) + 1))
    }
}

pub(super) struct World {
    pub(super) clock: Arc<SimulatedClock>,
    pub(super) servers: Vec<Server>,
    store: Store,
    ids: Arc<CountedIds>,
    sealer: Sealer,
    runs: RunsSettings,
    seed: u64,
}

impl World {
    pub(super) fn new(seed: u64, concurrency: &[u32], provider_wait_ms: u32) -> Self {
        let clock = Arc::new(SimulatedClock::default());
        let server = |(index, calls): (u64, &u32)| {
            Server::new(&format!("server-{index}"), *calls, &clock, seed ^ (index + 1))
        };
        let servers = (0..).zip(concurrency).map(server).collect();
        let store = Store::open_in_place().unwrap();
        let wall: Arc<dyn Clock> = Arc::clone(&clock) as _;
        let sealer = Sealer::new(&store, &wall, MasterKey::draw().unwrap());
        Self {
            clock,
            servers,
            store,
            ids: Arc::default(),
            sealer,
            runs: RunsSettings { provider_wait_ms },
            seed,
        }
    }

    /// Starts the engine on what is there.
    pub(super) async fn start(&self) -> Arc<Engine> {
        let clock: Arc<dyn Clock> = Arc::clone(&self.clock) as _;
        let cache = Arc::new(Cache::in_memory(Arc::clone(&clock)));
        let servers = self.servers.iter().map(Server::played).collect();
        let parts = Parts {
            store: self.store.clone(),
            providers: Registry::scripted(servers, &clock, self.seed),
            limits: Limits::new(Arc::clone(&cache), LimitsSettings::default(), Arc::clone(&clock)),
            clock,
            ids: Arc::clone(&self.ids) as _,
            runs: self.runs.clone(),
            retention: RetentionSettings::default(),
            sealer: self.sealer.clone(),
            auth: AuthSettings::default(),
            cache,
            audit: AuditSettings::default(),
        };
        Engine::start(parts, &TaskTracker::new(), &CancellationToken::new()).await.unwrap()
    }
}
