//! The threads that own the connections: to a file, one that writes and several that read; to a server, two that
//! write, each its own kind, and several that read.

use std::sync::{Arc, PoisonError, RwLock};
use std::thread;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use tokio::sync::watch;

use crate::batch::{self, Writer};
use crate::call::Job;
use crate::conn::Isolation;
use crate::migration::Migration;
use crate::postgres::{self, Address, Claim, DatabaseUrl};
use crate::sqlite::{self, Lock, database};
use crate::{Conn, Error, Result, StoreSettings, copy};

/// Which queue a call goes to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Lane {
    Read,
    Write,
    /// As `Write`, for closures whose every decision stands in the statement that writes.
    Guarded,
}

type Queue = Sender<Box<dyn Job>>;
type Queued = Receiver<Box<dyn Job>>;

struct Queues {
    reads: Queue,
    writes: Queue,
    guarded: Queue,
}

pub(crate) struct Threads {
    /// None once the store is closed. The threads end when the queues have no sender and are empty.
    queues: RwLock<Option<Queues>>,
    /// Each thread holds a receiver as long as it runs.
    running: watch::Sender<()>,
}

impl Threads {
    /// Opens the file, then starts the threads.
    pub(crate) fn on_file(settings: &StoreSettings, migrations: &[Migration]) -> Result<Self> {
        let (file, lock) = database::open(settings, migrations)?;
        let session = |connection| Conn::sqlite(sqlite::Session::new(connection, settings.busy_timeout()));
        let mut file = session(file);
        copy::refuse_unfinished(&mut file)?;
        let writer = Writer::new(file, Isolation::Serializable);
        let readers = (0..settings.readers)
            .map(|_| database::open_reader(settings).map(session))
            .collect::<Result<Vec<_>>>()?;
        let (running, runs) = watch::channel(());
        let (reads, queued_reads) = bounded(settings.read_queue);
        let (writer_queue, queued_writes) = bounded(settings.write_queue);
        let readers_ended = start_readers(readers, &queued_reads, &runs)?;
        start("store-writer".to_owned(), runs, move || {
            let writer = run_writer(writer, &queued_writes);
            close_file(writer, &readers_ended, lock);
        })?;
        let guarded = writer_queue.clone();
        Ok(Self { queues: RwLock::new(Some(Queues { reads, writes: writer_queue, guarded })), running })
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
        let session = || {
            let (address, limit) = (Arc::clone(&address), settings.database_timeout());
            Result::Ok(Conn::postgres(postgres::Session::new(address, limit, Claim::Shared)?))
        };
        let readers = (2..settings.postgres_connections).map(|_| session()).collect::<Result<Vec<_>>>()?;
        let (running, runs) = watch::channel(());
        let (reads, queued_reads) = bounded(settings.read_queue);
        start_readers(readers, &queued_reads, &runs)?;
        let writer = |name: &str, isolation| {
            let (queue, queued) = bounded(settings.write_queue);
            let writer = Writer::new(session()?, isolation);
            start(format!("store-{name}"), runs.clone(), move || drop(run_writer(writer, &queued)))?;
            Result::Ok(queue)
        };
        let queues = Queues {
            reads,
            writes: writer("writer", Isolation::Serializable)?,
            guarded: writer("guarded", Isolation::Guarded)?,
        };
        Ok(Self { queues: RwLock::new(Some(queues)), running })
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
            Lane::Guarded => &queues.guarded,
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
fn start_readers(readers: Vec<Conn>, queue: &Queued, runs: &watch::Receiver<()>) -> Result<Receiver<()>> {
    let (reading, readers_ended) = bounded::<()>(0);
    for (number, mut conn) in readers.into_iter().enumerate() {
        let (queue, reading) = (queue.clone(), reading.clone());
        start(format!("store-reader-{number}"), runs.clone(), move || {
            queue.iter().for_each(|job| batch::read(&mut conn, job));
            drop((conn, reading));
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
fn close_file(mut writer: Writer, readers_ended: &Receiver<()>, lock: Lock) {
    // Nothing is sent here: it disconnects when the last reader has gone. While one reads, the log cannot be
    // emptied.
    let _ = readers_ended.recv();
    if let Err(error) = writer.conn().control("PRAGMA wal_checkpoint(TRUNCATE)") {
        tracing::warn!(%error, "could not empty the log; the next start reads it");
    }
    drop(writer);
    drop(lock);
}
