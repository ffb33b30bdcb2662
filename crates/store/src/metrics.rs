//! What the store counts of its commits, and how much waits for it.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use tokio::time::Instant;

use crate::health::Disk;
use crate::sqlite::database;
use crate::{Result, Store};

/// Upper bounds of the time of a commit, in seconds.
const DURATIONS: [f64; 10] = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];
/// Upper bounds of the writes of a commit.
const WRITES: [f64; 8] = [1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0];

/// Counted since the start. A clone counts into the same.
#[derive(Debug, Clone)]
pub struct StoreMetrics {
    commits: Counter,
    seconds: Histogram,
    writes: Histogram,
}

impl Default for StoreMetrics {
    fn default() -> Self {
        Self {
            commits: Counter::default(),
            seconds: Histogram::new(DURATIONS),
            writes: Histogram::new(WRITES),
        }
    }
}

impl StoreMetrics {
    /// Has the registry show them.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("store_commits", "Transactions that were committed", self.commits.clone());
        registry.register("store_commit_duration_seconds", "Time of a commit", self.seconds.clone());
        registry.register("store_commit_writes", "Writes of one commit", self.writes.clone());
    }

    /// A transaction with so many writes was committed, which began at `began`.
    pub(crate) fn committed(&self, began: Instant, writes: u32) {
        self.commits.inc();
        self.seconds.observe(began.elapsed().as_secs_f64());
        self.writes.observe(f64::from(writes));
    }
}

/// What waits for the store, and what it has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Load {
    /// Reads in the queue.
    pub reads: usize,
    /// Writes in the queue.
    pub writes: usize,
    /// Threads that read.
    pub readers: usize,
    /// Threads that write.
    pub writers: usize,
    /// The file and its disk; None in memory and on a server.
    pub file: Option<FileLoad>,
}

/// The file of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileLoad {
    /// Bytes of the database.
    pub bytes: u64,
    /// Bytes of its log, which a checkpoint empties.
    pub log_bytes: u64,
    /// The disk that both are on; None where the system does not say.
    pub disk: Option<Disk>,
}

impl Store {
    /// What it counted since it was opened.
    pub fn metrics(&self) -> StoreMetrics {
        self.threads().map(|threads| threads.metrics().clone()).unwrap_or_default()
    }

    /// What waits for it now. It looks at the file's size, and at nothing in it.
    pub fn load(&self) -> Result<Load> {
        let file = self.path().map(|path| {
            let (bytes, log_bytes) = database::sizes(&path);
            Ok(FileLoad { bytes, log_bytes, disk: self.disk()? })
        });
        let load = self.threads().map(crate::threads::Threads::load).unwrap_or_default();
        Ok(Load { file: file.transpose()?, ..load })
    }
}
