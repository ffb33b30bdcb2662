//! The threads that own the connections: one that writes, several that read.

use std::sync::{PoisonError, RwLock};
use std::thread;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use tokio::sync::watch;

use crate::batch::{self, Writer};
use crate::call::Job;
use crate::lock::Lock;
use crate::{Conn, Error, Result, StoreSettings, database, files, migrate::Migration};

/// Which queue a call goes to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Lane {
    Read,
    Write,
}

struct Queues {
    reads: Sender<Box<dyn Job>>,
    writes: Sender<Box<dyn Job>>,
}

pub(crate) struct Threads {
    /// None once the store is closed. The threads end when the queues have no sender and are empty.
    queues: RwLock<Option<Queues>>,
    /// Each thread holds a receiver as long as it runs.
    running: watch::Sender<()>,
}

impl Threads {
    /// Opens the connections, then starts the threads.
    pub(crate) fn start(settings: &StoreSettings, migrations: &[Migration]) -> Result<Self> {
        let (sqlite, lock) = database::open(settings, migrations)?;
        let owner = Writer::new(Conn::new(sqlite), settings.busy_timeout());
        let readers = (0..settings.readers)
            .map(|_| database::open_reader(settings).map(Conn::new))
            .collect::<Result<Vec<_>>>()?;

        let (reads, queued_reads) = bounded(settings.read_queue);
        let (writes, queued_writes) = bounded(settings.write_queue);
        let (running, runs) = watch::channel(());
        let (reading, readers_ended) = bounded::<()>(0);
        let spawn = |name: String, run: Box<dyn FnOnce() + Send>| {
            let runs = runs.clone();
            thread::Builder::new()
                .name(name)
                .spawn(move || {
                    run();
                    drop(runs);
                })
                .map_err(|error| files::unusable(&settings.path, &error))
        };
        for (number, mut conn) in readers.into_iter().enumerate() {
            let (queue, reading) = (queued_reads.clone(), reading.clone());
            spawn(
                format!("store-reader-{number}"),
                Box::new(move || {
                    queue.iter().for_each(|job| batch::read(&mut conn, job));
                    drop((conn, reading));
                }),
            )?;
        }
        drop(reading);
        spawn(
            "store-writer".to_owned(),
            Box::new(move || run_writer(owner, &queued_writes, &readers_ended, lock)),
        )?;
        Ok(Self { queues: RwLock::new(Some(Queues { reads, writes })), running })
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

fn run_writer(mut writer: Writer, queue: &Receiver<Box<dyn Job>>, readers_ended: &Receiver<()>, lock: Lock) {
    while let Ok(first) = queue.recv() {
        writer.write(first, || queue.try_recv().ok());
    }
    // Nothing is sent here: it disconnects when the last reader has gone. While one reads, the log cannot be
    // emptied.
    let _ = readers_ended.recv();
    if let Err(error) = writer.conn().control("PRAGMA wal_checkpoint(TRUNCATE)") {
        tracing::warn!(%error, "could not empty the log; the next start reads it");
    }
    drop(writer);
    drop(lock);
}
