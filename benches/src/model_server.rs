//! `promptcards fake-ollama` in a process of its own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

/// A model server without latency. It is killed when this is dropped.
pub(crate) struct ModelServer {
    pub(crate) url: String,
    child: Child,
}

impl ModelServer {
    pub(crate) fn start(binary: &Path) -> Result<Self> {
        let mut child = Command::new(binary)
            .args(["fake-ollama", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .context("fake-ollama does not start")?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("no output")?).read_line(&mut line)?;
        let address = line.trim().rsplit_once("http://").context("fake-ollama said no address")?.1;
        Ok(Self { url: format!("http://{address}"), child })
    }
}

impl Drop for ModelServer {
    fn drop(&mut self) {
        // It may be gone already; there is nobody left to tell.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
