//! A `PostgreSQL` server of a test's own: it may be stopped, frozen and filled, and no other test minds.

use std::fs::OpenOptions;
use std::hash::{BuildHasher, RandomState};
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::database;

/// How a server is stopped.
#[derive(Debug, Clone, Copy)]
pub enum Stop {
    /// Every connection is ended, then it closes in good order.
    Fast,
    /// At once: it recovers at the next start, as after a crash.
    Immediate,
}

/// A server with data of its own on a port of its own. It is stopped, and its data removed, when this is dropped.
pub struct PostgresServer {
    folder: TempDir,
    programs: PathBuf,
    port: u16,
    /// The server refuses to run as root: then it runs as the user of its package.
    as_root: bool,
    /// Ends the server when this process does, however that ends.
    watcher: Option<Child>,
}

impl PostgresServer {
    /// Starts one with further lines of its configuration. None: its programs are not installed, which is said for
    /// `test`.
    pub fn start(test: &str, settings: &[(&str, &str)]) -> Option<Self> {
        let Some(programs) = programs() else {
            crate::not_run(test, "the programs of PostgreSQL are not installed");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let as_root = folder.path().metadata().unwrap().uid() == 0;
        let mut server = Self { folder, programs, port: 0, as_root, watcher: None };
        if as_root {
            let status = Command::new("chown").arg("postgres").arg(server.folder()).status().unwrap();
            assert!(status.success(), "the user postgres is not there");
        }
        server.initialize(settings);
        // Below the ports that the system gives to outgoing connections: it must be free at the next start, too.
        let started = (0..20).any(|_| {
            server.port = 20_000 + u16::try_from(RandomState::new().hash_one(0) % 12_000).unwrap();
            server.begin()
        });
        assert!(started, "it did not start: {}", server.log());
        server.watcher = Some(server.watch());
        Some(server)
    }

    /// A shell that waits for the end of its input, which is this process's.
    fn watch(&self) -> Child {
        const WATCH: &str =
            "read -r _; read -r server <data/postmaster.pid && kill -CONT $server && kill -QUIT $server";
        let mut shell = Command::new("sh");
        // In a group of its own: the tests of a group may be ended together.
        shell.args(["-c", WATCH]).current_dir(self.folder()).stdin(Stdio::piped()).process_group(0);
        shell.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    fn initialize(&self, settings: &[(&str, &str)]) {
        let made = self
            .command("initdb")
            .args(["--pgdata", "data", "--username", "postgres", "--auth", "trust", "--encoding", "UTF8"])
            .args(["--no-locale", "--no-sync", "--wal-segsize", "1"])
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let folder = self.folder().display().to_string();
        // Nobody cuts the power: what it has written need not be on the disk.
        let own = [
            ("listen_addresses", "127.0.0.1"),
            ("unix_socket_directories", folder.as_str()),
            ("fsync", "off"),
            ("full_page_writes", "off"),
            ("min_wal_size", "2MB"),
        ];
        let file = self.folder().join("data/postgresql.conf");
        let mut file = OpenOptions::new().append(true).open(file).unwrap();
        for (name, value) in own.iter().chain(settings) {
            writeln!(file, "{name} = '{value}'").unwrap();
        }
    }

    fn begin(&self) -> bool {
        let started = self
            .command("pg_ctl")
            .args(["start", "--silent", "--wait", "-D", "data", "-l", "server.log", "-o"])
            .arg(format!("-p {}", self.port))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        started.unwrap().success()
    }

    /// Starts it again after a [`stop`](Self::stop).
    pub fn start_again(&self) {
        assert!(self.begin(), "it did not start again: {}", self.log());
    }

    /// Stops it and waits until it has ended.
    pub fn stop(&self, how: Stop) {
        assert!(self.end(how), "it did not stop: {}", self.log());
    }

    fn end(&self, how: Stop) -> bool {
        let mode = match how {
            Stop::Fast => "fast",
            Stop::Immediate => "immediate",
        };
        let mut command = self.command("pg_ctl");
        command.args(["stop", "--silent", "--wait", "-D", "data", "--mode", mode]);
        command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
    }

    /// What it logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder().join("server.log")).unwrap_or_default()
    }

    /// Where its data lie, and files that it is to read.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file that only the server may read, and returns its path.
    pub fn write_secret(&self, name: &str, text: &str) -> String {
        let path = self.folder().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
        if self.as_root {
            assert!(Command::new("chown").arg("postgres").arg(&path).status().unwrap().success());
        }
        path.display().to_string()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    /// The URL of a database of it, by way of `address`: its own, or one that stands before it.
    pub fn url(&self, address: SocketAddr, database: &str) -> String {
        format!("postgres://postgres@{address}/{database}")
    }

    /// Runs statements as its administrator, over its socket, and returns the first column of the last answer.
    pub fn query(&self, database: &str, statements: &str) -> Vec<String> {
        let folder = self.folder().display().to_string().replace('/', "%2F");
        database::run(
            &format!("postgres://postgres@{folder}:{}/{database}", self.port),
            statements.to_owned(),
        )
    }

    /// Changes a setting of the whole server. Connections that are made from then on have it.
    pub fn set(&self, name: &str, value: &str) {
        self.query("postgres", &format!("ALTER SYSTEM SET {name} = '{value}'"));
        self.reload();
    }

    /// Has it read its settings, certificates and rules of access again, and waits until it has.
    pub fn reload(&self) {
        const LOADED: &str = "SELECT pg_conf_load_time()";
        let before = self.query("postgres", LOADED);
        self.query("postgres", "SELECT pg_reload_conf()");
        while self.query("postgres", LOADED) == before {
            std::thread::yield_now();
        }
    }

    /// Lets all its processes stand still, as a machine that hangs.
    pub fn freeze(&self) {
        self.signal("STOP");
    }

    /// Lets them go on.
    pub fn thaw(&self) {
        self.signal("CONT");
    }

    fn signal(&self, signal: &str) {
        let mut kill = Command::new("kill");
        kill.arg(format!("-{signal}")).args(self.processes()).stderr(Stdio::null());
        // One that has ended since is no matter.
        let _ = kill.status().unwrap();
    }

    /// No file of it may grow beyond so many bytes: to it, its disk is full. None: as large as they like.
    ///
    /// A number that is no multiple of its pages is needed: only a page that was written in part is a full disk.
    pub fn limit_files(&self, bytes: Option<u64>) {
        let limit = bytes.map_or_else(|| "unlimited".to_owned(), |bytes| bytes.to_string());
        for process in self.processes() {
            // One that has ended since is no matter.
            let limited = self
                .as_its_user("prlimit".as_ref())
                .args(["--pid", &process, &format!("--fsize={limit}:unlimited")])
                .stderr(Stdio::null())
                .status();
            let _ = limited.unwrap();
        }
    }

    /// The first process of the server and the ones that it began.
    fn processes(&self) -> Vec<String> {
        let file = std::fs::read_to_string(self.folder().join("data/postmaster.pid")).unwrap();
        let first = file.lines().next().unwrap();
        let all = Command::new("ps").args(["-A", "-o", "pid=,ppid="]).output().unwrap();
        let all = String::from_utf8(all.stdout).unwrap();
        let mut found = vec![first.to_owned()];
        for line in all.lines() {
            if let Some((process, parent)) = line.trim().split_once(char::is_whitespace)
                && parent.trim() == first
            {
                found.push(process.to_owned());
            }
        }
        found
    }

    fn command(&self, program: &str) -> Command {
        self.as_its_user(&self.programs.join(program))
    }

    fn as_its_user(&self, program: &Path) -> Command {
        let mut command = if self.as_root {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir(self.folder()).stdin(Stdio::null());
        command
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        if self.folder().join("data/postmaster.pid").exists() {
            self.thaw();
            self.end(Stop::Immediate);
        }
        if let Some(mut watcher) = self.watcher.take() {
            drop(watcher.stdin.take());
            // There is no server left that it could end.
            drop(watcher.wait());
        }
    }
}

/// The folder of the server's programs.
fn programs() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let found = Command::new(root.join("scripts/postgres-programs")).output().unwrap();
    let folder = String::from_utf8(found.stdout).unwrap();
    found.status.success().then(|| PathBuf::from(folder.trim()))
}
