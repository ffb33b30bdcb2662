//! What the product does: every operation that a door offers, over the store and the models.
//!
//! Data flows one way: a route calls a method of [`Engine`], which reads and writes the store, asks models,
//! and tells what was committed. To add an operation, write it in the folder of its resource as a method of
//! `Engine`, with the type it answers with beside it.

pub mod audit;
pub mod backups;
pub mod cards;
pub mod error;
mod events;
pub mod health;
mod idempotency;
pub mod limits;
mod metrics;
pub mod models;
pub mod outbound;
pub mod people;
pub mod providers;
pub mod retention;
pub mod runs;
pub mod secrets;
pub mod shares;
mod stamp;
pub mod suites;
pub mod transfer;

use std::sync::{Arc, OnceLock};

use cache::Cache;
use domain::clock::{Clock, Millis};
use domain::ids::{IdSource, InstanceId, WorkspaceId};
use llm::Registry;
use store::Store;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use error::{Conflict, Denial, Error, Problem, Result, StartProblem};
pub use events::{Frame, UNNUMBERED};
pub use idempotency::{Created, IdempotencyKey};
pub use metrics::Figures;
/// Why the store did not do what was asked, for the doors that turn it into an answer.
pub use store::Error as StoreError;

use audit::{Audit, AuditSettings};
use backups::Backups;
use cards::MovesHub;
use events::EventHub;
use health::Monitor;
use limits::Limits;
use metrics::EngineMetrics;
use models::Pulls;
use people::{AuthSettings, People};
use providers::Directory;
use retention::{Retention, RetentionSettings};
use runs::{RunsSettings, Waits, Worker};
use secrets::Sealer;

/// The slug of the workspace that a fresh server has.
pub const DEFAULT_WORKSPACE: &str = "default";
pub(crate) const DEFAULT_WORKSPACE_NAME: &str = "Default";

/// Something that may be edited, with the revision that an edit must name.
#[derive(Debug, Clone)]
pub struct Revised<T> {
    /// The thing.
    pub value: T,
    /// Grows with every change.
    pub revision: i64,
}

/// What an engine is made of.
pub struct Parts {
    /// Where everything is kept.
    pub store: Store,
    /// The configured model servers.
    pub providers: Registry,
    /// Wall time.
    pub clock: Arc<dyn Clock>,
    /// New identifiers.
    pub ids: Arc<dyn IdSource>,
    /// How runs are worked on.
    pub runs: RunsSettings,
    /// How long runs are kept.
    pub retention: RetentionSettings,
    /// Seals what is secret in the store.
    pub sealer: Sealer,
    /// Accounts and sessions.
    pub auth: AuthSettings,
    /// How much each may do.
    pub limits: Arc<Limits>,
    /// Where answers are kept that cost something.
    pub cache: Arc<Cache>,
    /// How long the audit log is kept.
    pub audit: AuditSettings,
}

/// The product, without its doors.
pub struct Engine {
    pub(crate) store: Store,
    pub(crate) directory: Arc<Directory>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) events: Arc<EventHub>,
    pub(crate) waits: Arc<Waits>,
    pub(crate) label_moves: MovesHub,
    /// Held by the import that is under way.
    pub(crate) import_turn: tokio::sync::Mutex<()>,
    pub(crate) instance: InstanceId,
    pub(crate) started_at: Millis,
    retention: Arc<Retention>,
    people: Arc<People>,
    limits: Arc<Limits>,
    pub(crate) cache: Arc<Cache>,
    pub(crate) pulls: Pulls,
    worker: Worker,
    metrics: EngineMetrics,
    pub(crate) monitor: Monitor,
    pub(crate) audit: Arc<Audit>,
    pub(crate) backups: OnceLock<Arc<Backups>>,
    pub(crate) tasks: TaskTracker,
    /// Cancelled when the engine ends.
    pub(crate) stop: CancellationToken,
}

impl Engine {
    /// Starts the engine: clears up what a crash left, and goes on with the runs that were under way.
    ///
    /// Its tasks are on `tasks`; they end when `stop` is cancelled.
    pub async fn start(parts: Parts, tasks: &TaskTracker, stop: &CancellationToken) -> Result<Arc<Self>> {
        let Parts {
            store,
            providers,
            clock,
            ids,
            runs: of_runs,
            retention,
            limits,
            cache,
            sealer,
            auth,
            audit,
        } = parts;
        let directory = Arc::new(Directory::new(providers, sealer.clone()));
        let events = Arc::new(EventHub::default());
        let waits = Arc::new(Waits::new(&of_runs));
        let started_at = clock.now();
        let instance = InstanceId::new(&*ids);
        let workspace = runs::recover(&store, &events, instance, &*ids, started_at).await?;
        models::put_providers(&store, &directory, workspace, &*ids, started_at).await?;
        directory.refresh(&store).await?;
        tasks.spawn(outbound::keep_contacts(store.clone(), directory.outbound().clone(), stop.clone()));
        let audit = Audit::open(&store, &sealer, &clock, audit, tasks).await?;
        audit.keep(stop).await;
        let people = People::open(&store, &clock, &ids, sealer, auth, &audit, tasks).await?;
        let people = Arc::new(people);
        people.keep_up(stop).await;
        let metrics = EngineMetrics::default();
        let around = runs::Surroundings {
            store: store.clone(),
            directory: Arc::clone(&directory),
            clock: Arc::clone(&clock),
            events: Arc::clone(&events),
            waits: Arc::clone(&waits),
            instance,
            results_stored: Arc::default(),
            metrics: metrics.clone(),
        };
        let worker = Worker::start(around, tasks, stop);
        let retention = Retention::start(&store, &clock, retention, tasks, stop);
        let tasks = tasks.clone();
        let engine = Arc::new(Self {
            store,
            directory,
            clock,
            ids,
            events,
            waits,
            label_moves: MovesHub::default(),
            import_turn: tokio::sync::Mutex::default(),
            instance,
            started_at,
            retention,
            people,
            limits,
            cache,
            pulls: Pulls::default(),
            worker,
            metrics,
            monitor: Monitor::default(),
            audit,
            backups: OnceLock::new(),
            tasks,
            stop: stop.clone(),
        });
        engine.tasks.spawn(Arc::clone(&engine).keep_watch(stop.clone()));
        Ok(engine)
    }

    /// Everybody who may use the server.
    pub fn people(&self) -> &People {
        &self.people
    }

    /// Does work of several steps to its end, even if the request that asked for it goes away in between: a
    /// dropped future would leave out what follows a commit.
    pub(crate) async fn to_the_end<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        match self.tasks.spawn(work).await {
            Ok(done) => done,
            Err(ended) => match ended.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(Error::Store(StoreError::Closed)),
            },
        }
    }

    /// How much each may do.
    pub fn limits(&self) -> &Arc<Limits> {
        &self.limits
    }

    /// The workspace of a slug.
    pub async fn workspace(&self, slug: &str) -> Result<WorkspaceId> {
        let wanted = slug.to_owned();
        let found = self.store.read(move |conn| store::workspaces::find(conn, &wanted)).await?;
        found.ok_or_else(|| Error::not_found(format!("workspace `{slug}`")))
    }
}
