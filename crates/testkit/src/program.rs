//! A program in a process of its own, which may be killed at any time.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};

use tempfile::NamedTempFile;

/// A program that has said where it listens. It is killed when this is dropped.
pub struct Program {
    address: SocketAddr,
    child: Child,
    log: NamedTempFile,
}

impl Program {
    /// Starts the program and waits for its first line, which ends in its address. The error is what it logged in
    /// place of that.
    pub fn start(command: &mut Command) -> Result<Self, String> {
        let log = NamedTempFile::new().unwrap();
        let mut child = command.stdout(Stdio::piped()).stderr(log.reopen().unwrap()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let Some((_, address)) = line.trim().rsplit_once("http://") else {
            // It may hang without an address, too.
            drop(child.kill());
            drop(child.wait());
            return Err(std::fs::read_to_string(log.path()).unwrap());
        };
        let address = address.parse().unwrap();
        Ok(Self { address, child, log })
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
        String::from_utf8_lossy(&std::fs::read(self.log.path()).unwrap()).into_owned()
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{signal}"), &id]).status().unwrap().success());
    }

    /// How it ended, if it did so by itself.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// Ends it in good order and waits until it has ended.
    pub fn stop(mut self) -> ExitStatus {
        self.signal("TERM");
        self.child.wait().unwrap()
    }

    /// Waits until it has ended by itself.
    pub fn wait(mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    /// Ends it without a chance to clean up, as a power cut would the process: `kill -9`.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may be dead already: that is what `kill` is for.
        drop(self.child.kill());
        drop(self.child.wait());
        if std::thread::panicking() {
            crate::show(&self.log());
        }
    }
}
