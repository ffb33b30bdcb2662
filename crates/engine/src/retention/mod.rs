//! What is kept and for how long: old runs are removed by age and by size, and runs of which a person wants no
//! more.

mod settings;

use std::sync::Arc;
use std::time::Duration;

use domain::clock::Clock;
use store::Store;
use store::runs::RunRow;
use tokio::sync::{Mutex, Notify};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::Engine;
use crate::error::Result;
pub use settings::{RetentionSettings, WrongRetention};

/// How often the rules are looked at.
const EVERY: Duration = Duration::from_hours(1);
/// How long to wait before it is tried again after the store failed.
const AFTER_FAILURE: Duration = Duration::from_mins(1);
/// The pause after each step, in which the writer belongs to the others.
const PAUSE: Duration = Duration::from_millis(10);

/// What a sweep took away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Runs that are gone.
    pub runs: u64,
    /// Rows of all tables.
    pub rows: u64,
    /// Bytes of the texts of those runs.
    pub bytes: i64,
    /// Pages that were given back to the file system.
    pub pages: u64,
    /// The most rows that one step took: others waited for as many.
    pub most_rows: u64,
    /// How long the longest step took, from its place in the queue to its commit.
    pub longest: Duration,
}

/// Removes what is due.
pub(crate) struct Retention {
    store: Store,
    clock: Arc<dyn Clock>,
    settings: RetentionSettings,
    /// A person removed a run.
    wake: Notify,
    /// One sweep at a time.
    sweeping: Mutex<()>,
    stop: CancellationToken,
}

impl Retention {
    /// Starts sweeping, now and once an hour. It ends when `stop` is cancelled, between two steps; what is left is
    /// taken after the next start.
    pub(crate) fn start(
        store: &Store,
        clock: &Arc<dyn Clock>,
        settings: RetentionSettings,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Arc<Self> {
        let retention = Arc::new(Self {
            store: store.clone(),
            clock: Arc::clone(clock),
            settings,
            wake: Notify::new(),
            sweeping: Mutex::new(()),
            stop: stop.clone(),
        });
        tasks.spawn(sweep_for_ever(Arc::clone(&retention)));
        retention
    }

    /// Sweeps soon: there is a marked run.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    async fn sweep(&self) -> Result<Swept> {
        let _one = self.sweeping.lock().await;
        self.mark_old().await?;
        self.mark_excess().await?;
        let mut swept = Swept::default();
        while let Some(run) = self.store.read(store::removals::next_marked).await? {
            if !self.remove(&run, &mut swept).await? {
                return Ok(swept);
            }
        }
        loop {
            let begun = Instant::now();
            let pages = self.store.write(store::shrink).await?;
            swept.longest = swept.longest.max(begun.elapsed());
            swept.pages += pages as u64;
            if pages == 0 || !self.pause().await {
                return Ok(swept);
            }
        }
    }

    async fn mark_old(&self) -> Result<()> {
        let Some(kept_ms) = self.settings.kept_ms() else { return Ok(()) };
        let before = self.clock.now() - kept_ms;
        for run in self.store.read(move |conn| store::removals::old(conn, before)).await? {
            if self.store.write(move |conn| store::removals::mark_old(conn, run, before)).await? {
                tracing::info!(%run, days = self.settings.days, "a run is older than runs are kept");
            }
        }
        Ok(())
    }

    async fn mark_excess(&self) -> Result<()> {
        let Some(most) = self.settings.most_bytes() else { return Ok(()) };
        loop {
            let mut marked = false;
            for run in self.store.read(move |conn| store::removals::in_excess(conn, most)).await? {
                if self.store.write(move |conn| store::removals::mark_in_excess(conn, run, most)).await? {
                    marked = true;
                    let mib = self.settings.workspace_mib;
                    tracing::info!(%run, mib, "the runs of a workspace take more than they may");
                }
            }
            if !marked {
                return Ok(());
            }
        }
    }

    /// Takes a marked run away, step by step. False: the server ends before that is done.
    async fn remove(&self, run: &RunRow, swept: &mut Swept) -> Result<bool> {
        let row = Arc::new(run.clone());
        loop {
            let of_read = Arc::clone(&row);
            let step = self.store.read(move |conn| store::removals::next_step(conn, &of_read)).await?;
            let last = step == store::removals::Step::Run;
            let of_write = Arc::clone(&row);
            let begun = Instant::now();
            let rows = self
                .store
                .write_guarded(move |conn| store::removals::take_step(conn, &of_write, &step))
                .await?;
            swept.longest = swept.longest.max(begun.elapsed());
            swept.rows += rows;
            swept.most_rows = swept.most_rows.max(rows);
            if last {
                swept.runs += 1;
                swept.bytes += run.stored_bytes;
                tracing::info!(
                    run = %run.id, number = run.number, cells = run.cells.count, bytes = run.stored_bytes,
                    "a run was removed"
                );
                return Ok(true);
            }
            if !self.pause().await {
                return Ok(false);
            }
        }
    }

    /// Leaves the writer to others for a moment. False: the server ends.
    async fn pause(&self) -> bool {
        tokio::select! {
            () = self.stop.cancelled() => false,
            () = tokio::time::sleep(PAUSE) => true,
        }
    }
}

async fn sweep_for_ever(retention: Arc<Retention>) {
    let mut next = Instant::now();
    loop {
        tokio::select! {
            () = retention.stop.cancelled() => return,
            () = sleep_until(next) => {}
            () = retention.wake.notified() => {}
        }
        let wait = match retention.sweep().await {
            Ok(Swept { runs, rows, bytes, pages, longest, .. }) => {
                if runs > 0 || pages > 0 {
                    tracing::info!(runs, rows, bytes, pages, ?longest, "swept");
                }
                EVERY
            }
            Err(error) => {
                if !error.is_trouble() {
                    tracing::warn!(%error, "runs that are due could not be removed; trying again in a minute");
                }
                AFTER_FAILURE
            }
        };
        next = Instant::now() + wait;
    }
}

impl Engine {
    /// Removes what is due now, and waits until it is gone. It happens by itself once an hour.
    pub async fn sweep(&self) -> Result<Swept> {
        self.retention.sweep().await
    }
}
