//! The threads that own the connections: to a file, one that writes and several that read; to a server, two that
//! write, each its own kind, one that hears what other instances change, and several that read.

use std::sync::{Arc, PoisonError, RwLock};
use std::thread;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use tokio::sync::{Notify, watch};

use crate::batch::{self, Writer};
use crate::call::Job;
use crate::card_changes::CardChanges;
use crate::conn::Isolation;
use crate::migration::Migration;
use crate::postgres::{self, Address, Claim, DatabaseUrl};
use crate::readers::{self, Readers};
use crate::sqlite::{self, Lock, database};
use crate::trouble::Trouble;
use crate::{Conn, Error, Load, Result, StoreMetrics, StoreSettings, copy};

/// Which queue a call goes to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Lane {
    Read,
    Write,
    /// As `Write`, for closures whose every decision stands in the statement that writes.
    Guarded,
}

pub(crate) type Queue = Sender<Box<dyn Job>>;
pub(crate) type Queued = Receiver<Box<dyn Job>>;

struct Queues {
    reads: Queue,
    writes: Queue,
    /// None: the same as `writes`, which has but one thread.
    guarded: Option<Queue>,
    /// Whoever waits for something else than work hears when this is dropped.
    _open: watch::Sender<()>,
}

pub(crate) struct Threads {
    /// None once the store is closed. The threads end when the queues have no sender and are empty.
    queues: RwLock<Option<Queues>>,
    /// Each thread holds a receiver as long as it runs.
    running: watch::Sender<()>,
    trouble: Arc<Trouble>,
    /// Told when another instance changed a run.
    changed: Arc<Notify>,
    /// Counted on a file alone: on a server other instances change cards too.
    card_changes: Option<Arc<CardChanges>>,
    readers: usize,
    metrics: StoreMetrics,
}

impl Threads {
    /// Opens the file, then starts the threads.
    pub(crate) fn on_file(settings: &StoreSettings, migrations: &[Migration]) -> Result<Self> {
        let (file, mut lock) = database::open(settings, migrations)?;
        let session = |connection| Conn::sqlite(sqlite::Session::new(connection, settings.busy_timeout()));
        let mut file = session(file);
        copy::refuse_unfinished(&mut file).map_err(|error| database::of_file(&settings.path, error))?;
        let trouble = Arc::new(Trouble::default());
        let card_changes = Arc::new(CardChanges::default());
        let file = file.counting(Arc::clone(&card_changes));
        let metrics = StoreMetrics::default();
        let writer = Writer::new(file, Isolation::Serializable, Arc::clone(&trouble), metrics.clone());
        let readers = (0..settings.readers)
            .map(|_| database::open_reader(settings).map(session))
            .collect::<Result<Vec<_>>>()?;
        lock.note_open()?;
        let (running, runs) = watch::channel(());
        let (reads, queued_reads) = bounded(settings.read_queue);
        let (writer_queue, queued_writes) = bounded(settings.write_queue);
        let (open, closed) = watch::channel(());
        let of_readers = Readers::of_file(queued_reads, Arc::clone(&trouble), closed);
        let readers_ended = start_readers(readers, &of_readers, &runs)?;
        start("store-writer".to_owned(), runs, move || {
            let writer = run_writer(writer, &queued_writes);
            close_file(writer, &readers_ended, lock);
        })?;
        let queues = Queues { reads, writes: writer_queue, guarded: None, _open: open };
        Ok(Self {
            queues: RwLock::new(Some(queues)),
            running,
            trouble,
            changed: Arc::default(),
            card_changes: Some(card_changes),
            readers: settings.readers,
            metrics,
        })
    }

    /// Brings the server's database to the schema of this program, then starts the threads. Each connects when
    /// it is first used, and again when its connection is lost.
    pub(crate) fn on_server(settings: &StoreSettings, url: &DatabaseUrl) -> Result<Self> {
        let wrong =
            |wanted: String| Error::Setting { setting: "database_url", value: url.to_string(), wanted };
        let address: Arc<Address> = Arc::new(url.address().map_err(wrong)?);
        // On a thread of its own, because the caller's may carry a runtime already.
        let migrated = thread::scope(|scope| scope.spawn(|| postgres::migrate::migrate(&address)).join());
        migrated.unwrap_or_else(|_| Err(Error::Panicked { message: "in a migration".to_owned() }))?;
        let session =
            || postgres::Session::new(Arc::clone(&address), settings.database_timeout(), Claim::Shared);
        let conn = || session().map(Conn::postgres);
        let readers = (3..settings.postgres_connections).map(|_| conn()).collect::<Result<Vec<_>>>()?;
        let (running, runs) = watch::channel(());
        let (reads, queued_reads) = bounded(settings.read_queue);
        let (trouble, changed) = (Arc::new(Trouble::default()), Arc::new(Notify::new()));
        let (open, closed) = watch::channel(());
        start_readers(
            readers,
            &Readers::of_server(queued_reads, Arc::clone(&trouble), closed.clone()),
            &runs,
        )?;
        let (listener, heard) = (session()?, Arc::clone(&changed));
        start("store-listener".to_owned(), runs.clone(), move || postgres::listen(listener, &heard, closed))?;
        let metrics = StoreMetrics::default();
        let writer = |name: &str, isolation| {
            let (queue, queued) = bounded(settings.write_queue);
            let writer = Writer::new(conn()?, isolation, Arc::clone(&trouble), metrics.clone());
            start(format!("store-{name}"), runs.clone(), move || drop(run_writer(writer, &queued)))?;
            Result::Ok(queue)
        };
        let queues = Queues {
            reads,
            writes: writer("writer", Isolation::Serializable)?,
            guarded: Some(writer("guarded", Isolation::Guarded)?),
            _open: open,
        };
        let readers = settings.postgres_connections.saturating_sub(3);
        let queues = RwLock::new(Some(queues));
        Ok(Self { queues, running, trouble, changed, card_changes: None, readers, metrics })
    }

    /// The trouble that the database is in.
    pub(crate) fn trouble(&self) -> &Trouble {
        &self.trouble
    }

    /// Told when another instance changed a run.
    pub(crate) fn changed(&self) -> &Arc<Notify> {
        &self.changed
    }

    /// See [`Store::card_state`](crate::Store::card_state).
    pub(crate) fn card_state(&self) -> Option<u64> {
        self.card_changes.as_ref()?.state()
    }

    /// What is counted.
    pub(crate) fn metrics(&self) -> &StoreMetrics {
        &self.metrics
    }

    /// What waits for them.
    pub(crate) fn load(&self) -> Load {
        let queues = self.queues.read().unwrap_or_else(PoisonError::into_inner);
        let Some(queues) = &*queues else { return Load::default() };
        Load {
            reads: queues.reads.len(),
            writes: queues.writes.len() + queues.guarded.as_ref().map_or(0, Queue::len),
            readers: self.readers,
            writers: 1 + usize::from(queues.guarded.is_some()),
            file: None,
        }
    }

    /// Queues a call, or answers it with the reason why not.
    pub(crate) fn submit(&self, lane: Lane, job: Box<dyn Job>) {
        let queues = self.queues.read().unwrap_or_else(PoisonError::into_inner);
        let Some(queues) = &*queues else {
            return batch::answer([job], Some(&Error::Closed));
        };
        let queue = match lane {
            Lane::Read => &queues.reads,
            Lane::Write => &queues.writes,
            Lane::Guarded => queues.guarded.as_ref().unwrap_or(&queues.writes),
        };
        match queue.try_send(job) {
            Ok(()) => {}
            Err(TrySendError::Full(job)) => batch::answer([job], Some(&Error::Overloaded)),
            Err(TrySendError::Disconnected(job)) => batch::answer([job], Some(&Error::Closed)),
        }
    }

    /// Takes no more work, and returns when all that was queued is answered and the database is closed.
    pub(crate) async fn close(&self) {
        drop(self.queues.write().unwrap_or_else(PoisonError::into_inner).take());
        self.running.closed().await;
    }
}

fn start(name: String, runs: watch::Receiver<()>, run: impl FnOnce() + Send + 'static) -> Result<()> {
    let started = thread::Builder::new().name(name).spawn(move || {
        run();
        drop(runs);
    });
    started
        .map(drop)
        .map_err(|error| Error::Storage { reason: format!("no thread could be started: {error}") })
}

/// The receiver hears when the last of them has ended.
fn start_readers(conns: Vec<Conn>, readers: &Readers, runs: &watch::Receiver<()>) -> Result<Receiver<()>> {
    let (reading, readers_ended) = bounded::<()>(0);
    for (number, conn) in conns.into_iter().enumerate() {
        let (readers, reading) = (readers.clone(), reading.clone());
        start(format!("store-reader-{number}"), runs.clone(), move || {
            readers::run(conn, readers);
            drop(reading);
        })?;
    }
    Ok(readers_ended)
}

fn run_writer(mut writer: Writer, queue: &Queued) -> Writer {
    while let Ok(first) = queue.recv() {
        writer.write(first, || queue.try_recv().ok());
    }
    writer
}

/// Empties the log into the file and gives up its lock.
fn close_file(writer: Writer, readers_ended: &Receiver<()>, lock: Lock) {
    // Nothing is sent here: it disconnects when the last reader has gone. While one reads, the log cannot be
    // emptied.
    let _ = readers_ended.recv();
    database::close(writer.into_conn(), lock);
}
