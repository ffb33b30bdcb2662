//! A Redis server of a test's own.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// A Redis server that keeps nothing on disk, on a socket of its own. It is ended when this is dropped, or when this
/// process ends, however it does.
pub struct RedisServer {
    process: Option<Process>,
    folder: TempDir,
}

/// A server and the shell that ends it when it reads the end of its input.
struct Process {
    shell: Child,
    server: String,
}

impl RedisServer {
    /// Starts one. None: its program is not installed, which is said for `test`.
    pub fn start(test: &str) -> Option<Self> {
        let mut server = Self::stopped(test)?;
        server.start_again();
        Some(server)
    }

    /// One that is not there yet. None: its program is not installed, which is said for `test`.
    pub fn stopped(test: &str) -> Option<Self> {
        if Command::new("redis-server").arg("--version").stdout(Stdio::null()).status().is_err() {
            crate::not_run(test, "redis-server is not installed");
            return None;
        }
        Some(Self { process: None, folder: tempfile::tempdir().unwrap() })
    }

    fn begin(&self) -> Process {
        const RUN: &str = "redis-server --port 0 --unixsocket socket --save '' --appendonly no & \
                           server=$!; echo $server; read -r _ <&3; kill -KILL $server";
        // The shell gives what it starts in the background no input, so its own is kept under another number.
        let mut shell = Command::new("sh")
            .args(["-c", &format!("exec 3<&0; {RUN}")])
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        let said = shell.stdout.take().unwrap();
        let mut process = Process { shell, server: String::new() };
        let ready = BufReader::new(said).lines().map(Result::unwrap).any(|line| {
            // The number comes from the shell, whatever the server has said by then.
            if !line.is_empty() && line.bytes().all(|sign| sign.is_ascii_digit()) {
                process.server.clone_from(&line);
            }
            line.contains("eady to accept connections")
        });
        assert!(ready, "redis-server ended before it was ready");
        process
    }

    /// Ends it at once. What it knew is gone.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Starts it where it is not there, always at the same place.
    pub fn start_again(&mut self) {
        assert!(self.process.is_none(), "it runs");
        self.process = Some(self.begin());
    }

    /// Lets it stand still, as a machine that hangs.
    pub fn freeze(&self) {
        self.signal("STOP");
    }

    /// Lets it go on, with all that it knew.
    pub fn thaw(&self) {
        self.signal("CONT");
    }

    fn signal(&self, signal: &str) {
        let server = &self.process.as_ref().expect("it runs").server;
        assert!(Command::new("kill").args([&format!("-{signal}"), server]).status().unwrap().success());
    }

    /// What it answers to a command.
    pub fn command(&self, words: &[&str]) -> String {
        let socket = self.folder.path().join("socket");
        let done = Command::new("redis-cli").arg("-s").arg(socket).args(words).output().unwrap();
        String::from_utf8(done.stdout).unwrap().trim().to_owned()
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("redis+unix://{}", self.folder.path().join("socket").display())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        // What it says at its end is of no interest.
        drop(self.shell.wait());
    }
}
