//! A log with an engine that looks after it, a clock, and a way to the database past both.

use std::sync::Arc;
use std::time::Duration;

use domain::audit::Entry;
use domain::clock::Clock;
use engine::audit::AuditSettings;
use engine::people::AuthSettings;
use engine::retention::RetentionSettings;
use engine::secrets::{MasterKey, Sealer};
use engine::{Engine, Parts};
use llm::{ProvidersSettings, Registry};
use store::Store;
use testkit::{CountedIds, TestDatabase};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::retention::SetClock;

pub(crate) struct Place {
    pub(crate) database: TestDatabase,
    pub(crate) store: Store,
    pub(crate) sealer: Sealer,
    pub(crate) clock: Arc<SetClock>,
    pub(crate) running: Running,
    /// Another connection to the file.
    file: Option<std::sync::Mutex<rusqlite::Connection>>,
}

/// An engine at work. Its tasks end with it.
pub(crate) struct Running {
    pub(crate) engine: Arc<Engine>,
    tasks: TaskTracker,
    stop: DropGuard,
}

impl Place {
    pub(crate) async fn start() -> Self {
        Self::start_with(AuditSettings::default()).await
    }

    pub(crate) async fn start_with(audit: AuditSettings) -> Self {
        let database = TestDatabase::new();
        let settings = database.settings();
        let path = settings.path.clone();
        let store = Store::open(settings).unwrap();
        let set = Arc::new(SetClock::default());
        let clock: Arc<dyn Clock> = Arc::clone(&set) as _;
        let sealer = Sealer::new(&store, &clock, MasterKey::draw().unwrap());
        let limits = testkit::limits(testkit::plenty(), &clock);
        let cache = testkit::cache(&clock);
        let parts = Parts {
            store: store.clone(),
            providers: Registry::new(&ProvidersSettings(Vec::new()), &clock, 1).unwrap(),
            clock,
            ids: Arc::new(CountedIds::default()),
            runs: engine::runs::RunsSettings::default(),
            retention: RetentionSettings::default(),
            sealer: sealer.clone(),
            auth: AuthSettings::default(),
            limits,
            cache,
            audit,
        };
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let engine = Engine::start(parts, &tasks, &stop).await.unwrap();
        let file = (!database.is_on_server()).then(|| {
            let file = rusqlite::Connection::open(path).unwrap();
            // What was altered need not survive a power cut.
            file.pragma_update(None, "synchronous", "OFF").unwrap();
            file.busy_timeout(Duration::from_secs(10)).unwrap();
            file.into()
        });
        let running = Running { engine, tasks, stop: stop.drop_guard() };
        Self { database, store, sealer, clock: set, running, file }
    }

    /// Appends a line as the engine does.
    pub(crate) async fn append(&self, entry: Entry) -> i64 {
        self.store.write(move |conn| store::audit::append(conn, &entry)).await.unwrap()
    }

    /// Runs statements past the server.
    pub(crate) fn raw(&self, statements: &str) {
        self.try_raw(statements).unwrap();
    }

    /// The same; the error is what the database says.
    pub(crate) fn try_raw(&self, statements: &str) -> Result<(), String> {
        match &self.file {
            Some(file) => {
                let file = file.lock().unwrap();
                file.execute_batch(&format!("BEGIN IMMEDIATE; {statements}; COMMIT")).map_err(|error| {
                    // What was begun is undone by whatever ends it.
                    let _ = file.execute_batch("ROLLBACK");
                    error.to_string()
                })
            }
            None => self.database.try_query(statements).map(drop),
        }
    }

    /// Takes away what keeps lines from being changed, as somebody can who has the database.
    pub(crate) fn disarm(&self) {
        if self.file.is_none() {
            self.raw("ALTER TABLE audit_log DISABLE TRIGGER ALL; ALTER TABLE audit_checkpoints DISABLE TRIGGER ALL");
            return;
        }
        for table in ["audit_log", "audit_checkpoints"] {
            for what in ["unchanged", "kept", "appended"] {
                self.raw(&format!("DROP TRIGGER {table}_{what}"));
            }
        }
    }

    pub(crate) async fn stop(self) {
        let Running { engine, tasks, stop } = self.running;
        drop((engine, stop));
        tasks.close();
        tasks.wait().await;
        drop(self.file);
        self.store.close(Duration::from_secs(20)).await.unwrap();
    }
}
