//! Where a test keeps its data: in a file, or in a database of its own on the server that `TEST_POSTGRES_URL`
//! names.

use std::thread;

use store::StoreSettings;
use tempfile::TempDir;
use tokio_postgres::{Config, NoTls};

/// A fresh database. It is removed when this is dropped.
pub struct TestDatabase {
    folder: TempDir,
    /// The server, and the name of the database on it.
    server: Option<(String, String)>,
}

impl TestDatabase {
    /// An empty one.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = std::env::var("TEST_POSTGRES_URL").ok().map(|url| {
            let random = folder.path().file_name().unwrap().to_string_lossy().to_lowercase();
            let name = format!("test_{}_{}", std::process::id(), random.trim_start_matches(".tmp"));
            run(&url, format!("CREATE DATABASE {name} TEMPLATE template0"));
            (url, name)
        });
        Self { folder, server }
    }

    /// Whether it is on a `PostgreSQL` server.
    pub fn is_on_server(&self) -> bool {
        self.server.is_some()
    }

    /// Its folder: that of the file, or an empty one.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// The URL of the database, if it is on a server.
    pub fn url(&self) -> Option<String> {
        let (server, name) = self.server.as_ref()?;
        let (base, _) = server.rsplit_once('/').unwrap();
        Some(format!("{base}/{name}"))
    }

    /// How the store opens it.
    pub fn settings(&self) -> StoreSettings {
        StoreSettings {
            path: self.folder.path().join("promptcards.db"),
            database_url: self.url().map(|url| url.parse().unwrap()),
            postgres_connections: 5,
            ..StoreSettings::default()
        }
    }
}

impl Default for TestDatabase {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Some((url, name)) = &self.server {
            run(url, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

/// Runs a statement on a thread of its own: it may be called inside of a runtime and outside of one.
fn run(url: &str, statement: String) {
    let config: Config = url.parse().unwrap();
    let ran = thread::spawn(move || {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let (client, connection) = config.connect(NoTls).await.unwrap();
            tokio::select! {
                ended = connection => panic!("the server ended the connection: {ended:?}"),
                done = client.batch_execute(&statement) => done.unwrap(),
            }
        });
    });
    ran.join().expect("the server of TEST_POSTGRES_URL did not do it");
}
