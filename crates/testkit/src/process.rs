//! A server in a process of its own, which may be killed at any time.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use tempfile::NamedTempFile;

use crate::accounts;
use crate::actor::Actor;
use crate::limits::plenty_as_variables;

/// The real binary, serving. It is killed when this is dropped.
pub struct ServerProcess {
    /// The admin at it, who owns the workspace `default`.
    pub actor: Actor,
    address: SocketAddr,
    child: Child,
    log: NamedTempFile,
}

impl ServerProcess {
    /// Starts `binary serve` on a free port, with the database in `folder` and `environment` added, and waits
    /// until it is ready.
    pub fn start(binary: &Path, folder: &Path, environment: &[(&str, &str)]) -> Self {
        Self::start_with(binary, folder, environment, &[])
    }

    /// The same with more arguments.
    pub fn start_with(
        binary: &Path,
        folder: &Path,
        environment: &[(&str, &str)],
        arguments: &[&str],
    ) -> Self {
        let log = NamedTempFile::new().unwrap();
        let mut child = Command::new(binary)
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(folder)
            .args(arguments)
            .current_dir(folder)
            .env("PROMPTCARDS_SECRETS__MASTER_KEY_FILE", folder.join("master.key"))
            .envs(plenty_as_variables())
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(log.reopen().unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let Some((_, address)) = line.trim().rsplit_once("http://") else {
            panic!("the server did not start: {}", std::fs::read_to_string(log.path()).unwrap());
        };
        let address: SocketAddr = address.parse().unwrap();
        let actor = Actor::at(address).with(accounts::sign_in_at(address, folder));
        Self { actor, address, child, log }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has logged by now.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log.path()).unwrap()
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{signal}"), &id]).status().unwrap().success());
    }

    /// Ends it in good order and waits until it has ended.
    pub fn stop(mut self) -> ExitStatus {
        self.signal("TERM");
        self.child.wait().unwrap()
    }

    /// Ends it without a chance to clean up, as a power cut would the process: `kill -9`.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // It may be dead already: that is what `kill` is for.
        drop(self.child.kill());
        drop(self.child.wait());
        if std::thread::panicking() {
            crate::show(&self.log());
        }
    }
}
