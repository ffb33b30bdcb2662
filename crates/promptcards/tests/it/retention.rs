//! What is removed by age and by size, and what stays.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use domain::caller::Caller;
use domain::clock::{Clock, Millis};
use domain::ids::RunId;
use domain::run::RunState;
use engine::audit::AuditSettings;
use engine::people::AuthSettings;
use engine::retention::RetentionSettings;
use engine::runs::RunListQuery;
use engine::{Engine, Parts};
use llm::{ProvidersSettings, Registry};
use store::{Store, StoreSettings};
use tempfile::TempDir;
use testkit::{CountedIds, History, PastRun};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

pub(crate) const DAY: Millis = 24 * 60 * 60 * 1000;
/// Runs of which each takes between one and two MiB.
pub(crate) const LARGE: PastRun = PastRun { cases: 500, output_bytes: 1_000, at: 0, finished: true };

/// A clock that is set by hand.
#[derive(Default)]
pub(crate) struct SetClock(pub(crate) AtomicI64);

impl Clock for SetClock {
    fn now(&self) -> Millis {
        self.0.load(Ordering::Relaxed)
    }
}

/// A database with a past, in a file of its own or in memory, and a clock.
pub(crate) struct Past {
    pub(crate) store: Store,
    pub(crate) history: History,
    pub(crate) clock: Arc<SetClock>,
    pub(crate) folder: TempDir,
}

/// An engine at work. Its tasks end with it.
pub(crate) struct Running {
    pub(crate) engine: Arc<Engine>,
    _stop: DropGuard,
}

pub(crate) fn open(folder: &TempDir) -> Store {
    let path = folder.path().join("promptcards.db");
    Store::open(StoreSettings { path, ..StoreSettings::default() }).unwrap()
}

impl Past {
    pub(crate) async fn begin() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::of(open(&folder), folder).await
    }

    async fn of(store: Store, folder: TempDir) -> Self {
        let history = History::begin(&store).await;
        Self { store, history, clock: Arc::default(), folder }
    }

    /// Writes a run that ended on a day.
    pub(crate) async fn run(&self, day: i64, past: PastRun) -> RunId {
        self.history.run(&self.store, PastRun { at: day * DAY, ..past }).await
    }

    pub(crate) fn set_day(&self, day: i64) {
        self.clock.0.store(day * DAY, Ordering::Relaxed);
    }

    pub(crate) async fn start(&self, days: u32, workspace_mib: u32) -> Running {
        let clock: Arc<dyn Clock> = Arc::clone(&self.clock) as _;
        let limits = testkit::limits(testkit::plenty(), &clock);
        let cache = testkit::cache(&clock);
        let parts = Parts {
            store: self.store.clone(),
            providers: Registry::new(&ProvidersSettings(Vec::new()), &clock, 1).unwrap(),
            sealer: testkit::sealer(self.folder.path(), &self.store, &clock).await,
            audit: AuditSettings::default(),
            clock,
            ids: Arc::new(CountedIds::default()),
            runs: engine::runs::RunsSettings::default(),
            retention: RetentionSettings { days, workspace_mib },
            auth: AuthSettings::default(),
            limits,
            cache,
        };
        let stop = CancellationToken::new();
        let engine = Engine::start(parts, &TaskTracker::new(), &stop).await.unwrap();
        Running { engine, _stop: stop.drop_guard() }
    }

    /// The numbers of the runs that a list shows, oldest first.
    pub(crate) async fn numbers(&self, running: &Running) -> Vec<i64> {
        let query = RunListQuery { limit: 100, ..RunListQuery::default() };
        let runs = running.engine.runs(self.history.workspace, query).await.unwrap();
        runs.iter().rev().map(|run| run.number).collect()
    }
}

#[tokio::test]
async fn runs_that_ended_long_ago_are_removed_whole() {
    let past = Past::begin().await;
    let old = past.run(0, PastRun::default()).await;
    let rows_of_one = History::rows(&past.store).await;
    past.run(10, PastRun::default()).await;
    past.run(20, PastRun::default()).await;
    past.set_day(30);
    let running = past.start(15, 0).await;
    running.engine.sweep().await.unwrap();
    assert_eq!(past.numbers(&running).await, [3]);
    assert_eq!(History::rows(&past.store).await, rows_of_one);
    let gone = running.engine.run(past.history.workspace, old).await;
    assert!(matches!(gone, Err(engine::Error::NotFound(_))), "{gone:?}");

    past.set_day(35);
    running.engine.sweep().await.unwrap();
    assert_eq!(past.numbers(&running).await, [3], "it ended exactly 15 days ago");
}

#[tokio::test]
async fn by_default_nothing_is_removed() {
    let past = Past::begin().await;
    past.run(0, LARGE).await;
    past.set_day(36_500);
    let settings = RetentionSettings::default();
    let running = past.start(settings.days, settings.workspace_mib).await;
    running.engine.sweep().await.unwrap();
    assert_eq!(past.numbers(&running).await, [1]);
}

#[tokio::test]
async fn above_its_size_a_workspace_loses_its_oldest_runs_and_no_more() {
    let past = Past::begin().await;
    for day in 0..4 {
        past.run(day, LARGE).await;
    }
    let running = past.start(0, 0).await;
    let query = RunListQuery { limit: 1, ..RunListQuery::default() };
    let one = running.engine.runs(past.history.workspace, query).await.unwrap()[0].stored_bytes;
    drop(running);
    let running = past.start(0, 3).await;
    running.engine.sweep().await.unwrap();
    let left = (3 << 20) / one;
    assert!((1..4).contains(&left), "runs of {one} bytes");
    assert_eq!(past.numbers(&running).await, (5 - left..=4).collect::<Vec<_>>());
}

#[tokio::test]
async fn kept_labelled_and_active_runs_stay() {
    let past = Past::begin().await;
    let kept = past.run(0, LARGE).await;
    let active = past.run(0, PastRun { finished: false, ..LARGE }).await;
    past.run(0, LARGE).await;
    let from: &[RunState] = &[RunState::Queued];
    past.store
        .write(move |conn| store::runs::change_state(conn, active, from, RunState::Paused, "run_paused", 0))
        .await
        .unwrap();
    let workspace = past.history.workspace;
    past.set_day(100);

    past.history.label(&past.store, "production", true).await;
    let running = past.start(1, 1).await;
    running.engine.keep_run(&Caller::machine(), workspace, kept, true).await.unwrap();
    running.engine.sweep().await.unwrap();
    assert_eq!(past.numbers(&running).await, [1, 2, 3], "the label keeps all runs of its version");

    past.history.label(&past.store, "production", false).await;
    running.engine.sweep().await.unwrap();
    assert_eq!(past.numbers(&running).await, [1, 2]);

    running.engine.keep_run(&Caller::machine(), workspace, kept, false).await.unwrap();
    running.engine.sweep().await.unwrap();
    assert_eq!(past.numbers(&running).await, [2], "only the active one is left, though it is too large");
}

#[tokio::test(start_paused = true)]
async fn the_rules_are_looked_at_after_the_start_and_once_an_hour() {
    let past = Past::of(Store::open_in_place().unwrap(), tempfile::tempdir().unwrap()).await;
    past.run(0, PastRun::default()).await;
    past.run(20, PastRun::default()).await;
    past.set_day(30);
    let running = past.start(15, 0).await;
    let minutes = async |count: u64| tokio::time::sleep(Duration::from_secs(60 * count)).await;
    minutes(1).await;
    assert_eq!(past.numbers(&running).await, [2]);
    past.set_day(40);
    minutes(58).await;
    assert_eq!(past.numbers(&running).await, [2]);
    minutes(2).await;
    assert_eq!(past.numbers(&running).await, [0; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_run_is_taken_away_soon_and_not_in_an_hour() {
    let past = Past::of(Store::open_in_place().unwrap(), tempfile::tempdir().unwrap()).await;
    let run = past.run(0, PastRun::default()).await;
    let running = past.start(0, 0).await;
    tokio::time::sleep(Duration::from_mins(10)).await;
    running.engine.delete_run(&Caller::machine(), past.history.workspace, run).await.unwrap();
    assert!(History::rows(&past.store).await > 0);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(History::rows(&past.store).await, 0);
}
