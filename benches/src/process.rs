//! Programs in processes of their own: what is measured, and what it talks to.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
pub(crate) use benches::binary;
use tempfile::TempDir;
use testkit::Actor;

use crate::http::show_key;

/// Ticks of the kernel's account of CPU time, a second: the same on every Linux that Rust runs on.
const TICKS: u64 = 100;

/// A program that has said where it listens. It is killed when this is dropped.
pub(crate) struct Process {
    pub(crate) address: SocketAddr,
    child: Child,
}

impl Process {
    /// Starts the program and waits for its first line, which ends in its address.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        // Log lines are written to a file, as in production; this one has no name and goes with the process.
        let log = tempfile::tempfile()?;
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("no output")?).read_line(&mut line)?;
        let address = line.trim().rsplit_once("http://").context("the program said no address")?.1;
        Ok(Self { address: address.parse()?, child })
    }

    /// `promptcards fake-ollama`, whose first token takes this long.
    pub(crate) fn model_server(latency_ms: u32) -> Result<Self> {
        Self::model_server_at(([127, 0, 0, 1], 0).into(), latency_ms)
    }

    /// The same at this address.
    pub(crate) fn model_server_at(address: SocketAddr, latency_ms: u32) -> Result<Self> {
        let mut command = Command::new(binary()?);
        command.args(["fake-ollama", "--listen", &address.to_string()]);
        command.args(["--latency-ms", &latency_ms.to_string()]);
        Self::start(&mut command).context("fake-ollama does not start")
    }

    /// The address as a URL.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// CPU time that all its threads have taken, in the kernel and outside.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name of the program stands in parentheses and may contain anything.
        let fields = stat.rsplit_once(')').context("no name in stat")?.1;
        let ticks: u64 =
            fields.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
        Ok(Duration::from_millis(ticks * 1000 / TICKS))
    }

    /// Memory that it has now, in MB.
    pub(crate) fn memory_mb(&self) -> Result<f64> {
        self.status_mb("VmRSS:")
    }

    /// The most memory that it had, in MB.
    pub(crate) fn peak_memory_mb(&self) -> Result<f64> {
        self.status_mb("VmHWM:")
    }

    /// Counts the most memory from now on.
    pub(crate) fn forget_peak_memory(&self) -> Result<()> {
        // 5 is the kernel's word for it.
        std::fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5")
            .context("the peak cannot be reset")
    }

    /// Ends it in good order and waits for it.
    pub(crate) fn stop(mut self) -> Result<()> {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, rustix::process::Signal::TERM)?;
        self.child.wait()?;
        Ok(())
    }

    fn status_mb(&self, name: &str) -> Result<f64> {
        status_mb(self.child.id(), name)
    }
}

/// The most memory that a process had until now, in MB.
pub(crate) fn peak_memory_mb(process: u32) -> Result<f64> {
    status_mb(process, "VmHWM:")
}

fn status_mb(process: u32, name: &str) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)).context("no such line in status")?;
    let kib: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib / 1000.0 * 1.024)
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may be gone already; there is nobody left to tell.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// `promptcards serve` with its default settings on a database of its own.
pub(crate) struct Product {
    pub(crate) process: Process,
    /// Somebody at it.
    pub(crate) actor: Actor,
    pub(crate) folder: TempDir,
}

impl Product {
    /// A server on an empty database, with its default model servers.
    pub(crate) fn start() -> Result<Self> {
        Self::in_folder(tempfile::tempdir()?)
    }

    /// A server on an empty database whose one model server is this one, called so often at once.
    pub(crate) fn with_models(models: &Process, at_once: usize) -> Result<Self> {
        Self::with_model_servers(&[("ollama", models)], at_once)
    }

    /// The same with several, by their names.
    pub(crate) fn with_model_servers(servers: &[(&str, &Process)], at_once: usize) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let table = |(name, server): &(&str, &Process)| {
            format!(
                "[[providers]]\nname = \"{name}\"\nkind = \"ollama\"\nbase_url = \"{}\"\nconcurrency = {at_once}\n",
                server.url()
            )
        };
        let settings: String = servers.iter().map(table).collect();
        std::fs::write(folder.path().join("promptcards.toml"), settings)?;
        Self::in_folder(folder)
    }

    /// A server on whatever is in the folder.
    pub(crate) fn in_folder(folder: TempDir) -> Result<Self> {
        let mut command = Command::new(binary()?);
        command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(folder.path());
        command.env("PROMPTCARDS_SECRETS__MASTER_KEY_FILE", folder.path().join("master.key"));
        // What is measured includes the counting; only the numbers are raised.
        command.envs(testkit::plenty_as_variables());
        let process =
            Process::start(command.current_dir(folder.path())).context("the server does not start")?;
        let key = testkit::api_key_at(process.address, folder.path());
        show_key(process.address, &key);
        Ok(Self { actor: Actor::at(process.address).with(key), process, folder })
    }
}
