//! A Redis server of a test's own.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// A Redis server that keeps nothing on disk, on a socket of its own. It is ended when this is dropped, or when this
/// process ends, however it does.
pub struct RedisServer {
    folder: TempDir,
    /// A shell that ends the server when it reads the end of its input.
    shell: Child,
}

impl RedisServer {
    /// Starts one. None: its program is not installed, which is said for `test`.
    pub fn start(test: &str) -> Option<Self> {
        const RUN: &str = "redis-server --port 0 --unixsocket socket --save '' --appendonly no & \
                           server=$!; read -r _ <&3; kill -KILL $server";
        if Command::new("redis-server").arg("--version").stdout(Stdio::null()).status().is_err() {
            crate::not_run(test, "redis-server is not installed");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        // The shell gives what it starts in the background no input, so its own is kept under another number.
        let mut shell = Command::new("sh")
            .args(["-c", &format!("exec 3<&0; {RUN}")])
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        let lines = BufReader::new(shell.stdout.take().unwrap()).lines();
        let ready = lines.map(Result::unwrap).any(|line| line.contains("eady to accept connections"));
        assert!(ready, "redis-server ended before it was ready");
        Some(Self { folder, shell })
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("redis+unix://{}", self.folder.path().join("socket").display())
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        // What it says at its end is of no interest.
        drop(self.shell.wait());
    }
}
