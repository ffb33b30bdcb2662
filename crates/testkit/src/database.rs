//! Where a test keeps its data: in a file, or in a database of its own on the server that `TEST_POSTGRES_URL`
//! names.

use std::process::Command;
use std::thread;

use store::StoreSettings;
use tempfile::TempDir;
use tokio_postgres::{Config, NoTls, SimpleQueryMessage};

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

    /// An empty one in a file, whatever server there is.
    pub fn on_file() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), server: None }
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

    /// Ends every connection to it, as a restart of the server would.
    pub fn cut_connections(&self) {
        self.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        );
    }

    /// Changes a setting of the database; connections that are made from then on have it.
    pub fn alter(&self, what: &str) {
        let (url, name) = self.server.as_ref().unwrap();
        run(url, format!("ALTER DATABASE {name} {what}"));
    }

    /// Sends a signal to the processes of the server that `pids`, a query, names, and returns them.
    pub fn signal(&self, signal: &str, pids: &str) -> Vec<String> {
        let pids = self.query(pids);
        self.signal_processes(signal, &pids);
        pids
    }

    /// Sends a signal to these processes.
    pub fn signal_processes(&self, signal: &str, pids: &[String]) {
        let status = Command::new("kill").arg(format!("-{signal}")).args(pids).status().unwrap();
        assert!(status.success());
    }

    /// Runs a statement on the server, and returns the first column of its answer.
    pub fn query(&self, statement: &str) -> Vec<String> {
        run(&self.url().unwrap(), statement.to_owned())
    }

    /// The same; the error is what the server says.
    pub fn try_query(&self, statement: &str) -> Result<Vec<String>, String> {
        try_run(&self.url().unwrap(), statement.to_owned())
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

/// Runs a statement on a thread of its own: it may be called inside of a runtime and outside of one. Returns the
/// first column of its answer.
pub(crate) fn run(url: &str, statement: String) -> Vec<String> {
    try_run(url, statement).unwrap_or_else(|error| panic!("the database server did not do it: {error}"))
}

fn try_run(url: &str, statement: String) -> Result<Vec<String>, String> {
    let config: Config = url.parse().unwrap();
    let ran = thread::spawn(move || {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let (client, connection) = config.connect(NoTls).await.unwrap();
            tokio::select! {
                ended = connection => panic!("the server ended the connection: {ended:?}"),
                done = client.simple_query(&statement) => match done {
                    Ok(answer) => Ok(first_column(answer)),
                    Err(error) => Err(error.as_db_error().map_or(error.to_string(), ToString::to_string)),
                },
            }
        })
    });
    ran.join().expect("the database server cannot be asked")
}

fn first_column(answer: Vec<SimpleQueryMessage>) -> Vec<String> {
    let rows = answer.into_iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    rows.collect()
}
