//! A table of the tests' own, in a store in a folder of its own.

use std::path::Path;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use store::{Conn, Result, Sql, Store, StoreSettings};
use tempfile::TempDir;

const CREATE: Sql = Sql::new(
    "CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL, UNIQUE (text)) STRICT",
);
const INSERT: Sql = Sql::new("INSERT INTO notes (text) VALUES ($1)");
const TEXTS: Sql = Sql::new("SELECT text FROM notes ORDER BY id");

/// An open store with the table.
pub(crate) struct Notes {
    pub(crate) store: Store,
    pub(crate) settings: StoreSettings,
    _folder: TempDir,
}

impl Notes {
    pub(crate) async fn open() -> Self {
        Self::open_with(|settings| settings).await
    }

    pub(crate) async fn open_with(change: impl FnOnce(StoreSettings) -> StoreSettings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = change(settings(folder.path()));
        let store = Store::open(settings.clone()).unwrap();
        create(&store).await;
        Self { store, settings, _folder: folder }
    }

    pub(crate) async fn texts(&self) -> Vec<String> {
        texts(&self.store).await
    }
}

pub(crate) fn settings(folder: &Path) -> StoreSettings {
    StoreSettings { path: folder.join("promptcards.db"), ..StoreSettings::default() }
}

pub(crate) async fn create(store: &Store) {
    store.write(|conn| conn.execute(CREATE, &[])).await.unwrap();
}

pub(crate) fn insert(conn: &mut Conn, text: &str) -> Result<u64> {
    conn.execute(INSERT, &[&text])
}

pub(crate) async fn texts(store: &Store) -> Vec<String> {
    store.read(|conn| conn.query_all(TEXTS, &[])).await.unwrap()
}

pub(crate) async fn close(store: &Store) {
    store.close(Duration::from_secs(20)).await.unwrap();
}

/// A thread of the store that is kept at work until `release`, so that what is queued meanwhile is taken at
/// once.
pub(crate) struct Held {
    gate: Arc<Barrier>,
    answer: Pin<Box<dyn Future<Output = Result<()>> + Send>>,
}

impl Held {
    pub(crate) fn writer(store: &Store) -> Self {
        let gate = Arc::new(Barrier::new(2));
        let answer = Box::pin(store.write(pass_twice(gate.clone())));
        Self::begun(gate, answer)
    }

    pub(crate) fn reader(store: &Store) -> Self {
        let gate = Arc::new(Barrier::new(2));
        let answer = Box::pin(store.read(pass_twice(gate.clone())));
        Self::begun(gate, answer)
    }

    fn begun(gate: Arc<Barrier>, answer: Pin<Box<dyn Future<Output = Result<()>> + Send>>) -> Self {
        gate.wait();
        Self { gate, answer }
    }

    pub(crate) async fn release(self) {
        self.gate.wait();
        self.answer.await.unwrap();
    }
}

fn pass_twice(gate: Arc<Barrier>) -> impl Fn(&mut Conn) -> Result<()> + Send + 'static {
    let passed = AtomicBool::new(false);
    move |_| {
        // It may run again.
        if !passed.swap(true, Ordering::SeqCst) {
            gate.wait();
            gate.wait();
        }
        Ok(())
    }
}
