//! A table of the tests' own, and a store in a folder of its own.

use std::path::{Path, PathBuf};
use std::time::Duration;

use store::{Conn, Result, Sql, Store, StoreSettings};
use tempfile::TempDir;

const CREATE: Sql =
    Sql::new("CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT");
const INSERT: Sql = Sql::new("INSERT INTO notes (text) VALUES ($1)");
const TEXTS: Sql = Sql::new("SELECT text FROM notes ORDER BY id");

pub(crate) struct Notes {
    pub(crate) store: Store,
    pub(crate) settings: StoreSettings,
    _folder: TempDir,
}

pub(crate) fn settings(folder: &Path) -> StoreSettings {
    StoreSettings { path: folder.join("promptcards.db"), ..StoreSettings::default() }
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

    pub(crate) fn path(&self) -> PathBuf {
        self.settings.path.clone()
    }

    pub(crate) async fn close(&self) {
        close(&self.store).await;
    }
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
