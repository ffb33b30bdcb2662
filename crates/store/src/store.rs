//! The store: asynchronous outside, synchronous inside.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::batch::{self, Writer};
use crate::call::{Call, Job};
use crate::conn::Isolation;
use crate::sqlite::{self, database, migrate::MIGRATIONS};
use crate::threads::{Lane, Threads};
use crate::{Conn, Error, Result, StoreMetrics, StoreSettings};

/// The database. A clone is the same store.
///
/// Work is a closure that gets a connection. It is queued when the method is called, and it may run more than
/// once: it must touch nothing outside, and ids and times must be drawn before. It must not hold the writer
/// for more than 50 ms. A dropped future takes no write back.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

enum Inner {
    /// The path is that of the file, where there is one.
    Threads {
        threads: Threads,
        path: Option<PathBuf>,
    },
    InPlace(Mutex<Option<Writer>>),
}

impl Store {
    /// Opens the database of `settings`, makes it where there is none and brings it to the schema of this
    /// program. It blocks. A file is checked: about a second a gigabyte, and after a crash about ten, because
    /// then its indexes are checked too.
    ///
    /// Whatever it refuses, it leaves as it was.
    pub fn open(settings: StoreSettings) -> Result<Self> {
        settings.validate()?;
        let inner = match &settings.database_url {
            None => Inner::Threads {
                threads: Threads::on_file(&settings, MIGRATIONS)?,
                path: Some(settings.path),
            },
            Some(url) => Inner::Threads { threads: Threads::on_server(&settings, url)?, path: None },
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// A database in memory, whose work runs inside the call: for tests whose time is paused, which would run
    /// ahead of the store's threads.
    pub fn open_in_place() -> Result<Self> {
        let session = sqlite::Session::new(database::open_in_memory(MIGRATIONS)?, Duration::ZERO);
        let writer = Writer::new(
            Conn::sqlite(session),
            Isolation::Serializable,
            Arc::default(),
            StoreMetrics::default(),
        );
        Ok(Self { inner: Arc::new(Inner::InPlace(Mutex::new(Some(writer)))) })
    }

    /// A copy of a database that no server has, whose work runs inside the call. It is not brought to the schema of this
    /// program: what a statement asks for may not be there.
    pub fn open_copy(path: &Path) -> Result<Self> {
        Self::on_copy(path, false)
    }

    pub(crate) fn on_copy(path: &Path, writable: bool) -> Result<Self> {
        let file = if writable { database::open_copy(path)? } else { database::open_unchanging(path)? };
        let writer = Writer::new(
            Conn::sqlite(sqlite::Session::new(file, Duration::ZERO)),
            Isolation::Serializable,
            Arc::default(),
            StoreMetrics::default(),
        );
        Ok(Self { inner: Arc::new(Inner::InPlace(Mutex::new(Some(writer)))) })
    }

    /// Reads in one snapshot of the database. A read whose future was dropped before its turn is left out.
    pub fn read<T, F>(&self, work: F) -> impl Future<Output = Result<T>> + Send + use<T, F>
    where
        T: Send + 'static,
        F: Fn(&mut Conn) -> Result<T> + Send + 'static,
    {
        self.call(Lane::Read, work)
    }

    /// As [`read`](Self::read), with an error type of the caller's.
    pub fn try_read<T, E, F>(&self, work: F) -> impl Future<Output = Result<T, E>> + Send + use<T, E, F>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: Fn(&mut Conn) -> Result<T, E> + Send + 'static,
    {
        self.call(Lane::Read, work)
    }

    /// Writes. `Ok` means that it is on the disk; an `Err` of the closure undoes what it did and nothing else.
    pub fn write<T, F>(&self, work: F) -> impl Future<Output = Result<T>> + Send + use<T, F>
    where
        T: Send + 'static,
        F: Fn(&mut Conn) -> Result<T> + Send + 'static,
    {
        self.call(Lane::Write, work)
    }

    /// As [`write`](Self::write), with an error type of the caller's.
    pub fn try_write<T, E, F>(&self, work: F) -> impl Future<Output = Result<T, E>> + Send + use<T, E, F>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: Fn(&mut Conn) -> Result<T, E> + Send + 'static,
    {
        self.call(Lane::Write, work)
    }

    /// As [`write`](Self::write), for a closure whose every decision stands in the `WHERE` of the statement
    /// that writes: a database with several writers may run it at a weaker isolation. A file has one writer.
    pub fn write_guarded<T, F>(&self, work: F) -> impl Future<Output = Result<T>> + Send + use<T, F>
    where
        T: Send + 'static,
        F: Fn(&mut Conn) -> Result<T> + Send + 'static,
    {
        self.call(Lane::Guarded, work)
    }

    /// Answers all that is queued, refuses what comes after, empties the log into the database and releases
    /// its lock. [`Error::NotClosed`] after `deadline`; the rest is then done without anybody waiting.
    pub async fn close(&self, deadline: Duration) -> Result<()> {
        match &*self.inner {
            Inner::Threads { threads, .. } => {
                tokio::time::timeout(deadline, threads.close()).await.map_err(|_| Error::NotClosed)
            }
            Inner::InPlace(writer) => {
                writer.lock().unwrap_or_else(PoisonError::into_inner).take();
                Ok(())
            }
        }
    }

    /// What the database cannot do now, and why; the log said so once. None: as far as was seen, it works.
    pub fn trouble(&self) -> Option<Error> {
        self.threads()?.trouble().now()
    }

    /// Waits until an instance of the server on the same database, this one or another, may have started, paused,
    /// resumed, cancelled, put back or removed a run. On a file it never returns: there is no other instance.
    pub async fn run_changed(&self) {
        match self.threads() {
            Some(threads) => threads.changed().notified().await,
            None => std::future::pending().await,
        }
    }

    /// The number of the state that cards are in, and all that is shown of them: what was read after this was asked
    /// stands as long as the answer is the same. None: it is not known, because a change is being committed, or the
    /// database is a server's, where other instances change cards too.
    pub fn card_state(&self) -> Option<u64> {
        self.threads()?.card_state()
    }

    /// The threads that own the connections; None where work runs inside the call.
    pub(crate) fn threads(&self) -> Option<&Threads> {
        match &*self.inner {
            Inner::Threads { threads, .. } => Some(threads),
            Inner::InPlace(_) => None,
        }
    }

    /// Where the file is; None for a database in memory or of a server.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        match &*self.inner {
            Inner::Threads { path, .. } => path.clone(),
            Inner::InPlace(_) => None,
        }
    }

    fn call<T, E, F>(&self, lane: Lane, work: F) -> impl Future<Output = Result<T, E>> + Send + use<T, E, F>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: Fn(&mut Conn) -> Result<T, E> + Send + 'static,
    {
        let (job, reply) = Call::pair(work);
        match &*self.inner {
            Inner::Threads { threads, .. } => threads.submit(lane, job),
            Inner::InPlace(writer) => run_in_place(writer, lane, job),
        }
        // A job that was dropped unanswered was never run: its thread had ended.
        async move { reply.await.unwrap_or_else(|_| Err(Error::Closed.into())) }
    }
}

fn run_in_place(writer: &Mutex<Option<Writer>>, lane: Lane, job: Box<dyn Job>) {
    let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
    match (&mut *writer, lane) {
        (None, _) => batch::answer([job], Some(&Error::Closed)),
        (Some(writer), Lane::Write | Lane::Guarded) => writer.write(job, || None),
        (Some(writer), Lane::Read) => {
            let trouble = Arc::clone(writer.trouble());
            // There is no server that could have no room.
            writer.conn().read_only(|conn| drop(batch::read(conn, job, &trouble)));
        }
    }
}
