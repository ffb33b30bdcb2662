//! `promptcards support-bundle`: what somebody who helps needs to know, in one file without secrets and without prompts.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use domain::clock::{Clock, Timestamp};
use serde::Serialize;

use super::doctor::{self, Finding};
use super::{Settings, environment};
use crate::config::{Config, PREFIX};
use crate::system::SystemClock;

/// How long a server may take to say its metrics.
const LIMIT: Duration = Duration::from_secs(15);

/// The flags of `support-bundle`.
#[derive(Debug, clap::Args)]
pub(super) struct BundleArgs {
    #[command(flatten)]
    settings: Settings,
    /// The file to write; one that is there is left alone
    #[arg(short, long, value_name = "FILE", default_value = "promptcards-support.json")]
    output: PathBuf,
}

#[derive(Serialize)]
struct Bundle {
    made_at: Timestamp,
    version: &'static str,
    machine: Machine,
    findings: Vec<Finding>,
    /// As `promptcards config` prints them: passwords are `***`, keys have no place in them.
    settings: toml::Table,
    /// The names of the variables that set something, without their values.
    variables: Vec<String>,
    /// What the running server says at `server.metrics_listen`, or why it does not.
    metrics: Result<String, String>,
}

#[derive(Serialize)]
struct Machine {
    system: &'static str,
    architecture: &'static str,
    kernel: Option<String>,
    processors: usize,
    memory: Option<String>,
}

impl Machine {
    fn this() -> Self {
        let read = |path: &str| fs::read_to_string(path).ok();
        let memory = read("/proc/meminfo").and_then(|text| text.lines().next().map(str::to_owned));
        Self {
            system: std::env::consts::OS,
            architecture: std::env::consts::ARCH,
            kernel: read("/proc/sys/kernel/osrelease").map(|text| text.trim().to_owned()),
            processors: std::thread::available_parallelism().map_or(0, usize::from),
            memory,
        }
    }
}

pub(super) fn run(args: BundleArgs) -> anyhow::Result<ExitCode> {
    let BundleArgs { settings, output } = args;
    let config = settings.load()?;
    crate::install_cryptography();
    let bundle = super::runtime()?.block_on(async {
        anyhow::Ok(Bundle {
            made_at: Timestamp(SystemClock.now()),
            version: env!("CARGO_PKG_VERSION"),
            machine: Machine::this(),
            findings: doctor::examine(&config, None).await?,
            settings: toml::Table::try_from(&config)?,
            variables: variables(),
            metrics: metrics(&config).await,
        })
    })?;
    write(&output, &serde_json::to_string_pretty(&bundle)?)?;
    say(&output);
    Ok(ExitCode::SUCCESS)
}

fn variables() -> Vec<String> {
    let is_ours = |name: &String| name.starts_with(PREFIX) || name.starts_with("OLLAMA_");
    let mut names: Vec<String> = environment().into_iter().map(|(name, _)| name).filter(is_ours).collect();
    names.sort_unstable();
    names
}

async fn metrics(config: &Config) -> Result<String, String> {
    let Some(address) = config.server.metrics_listen else {
        return Err("server.metrics_listen is not set: the metrics of the server are not in here".to_owned());
    };
    let read = async {
        let client = reqwest::Client::builder().timeout(LIMIT).no_proxy().build()?;
        client.get(format!("http://{address}/metrics")).send().await?.error_for_status()?.text().await
    };
    read.await.map_err(|error| format!("{address} does not say them: {error}"))
}

/// Only its owner may read it, and nothing that is there is lost.
fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match file {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            bail!("{} is there already; name another file with --output", path.display())
        }
        file => {
            let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
            written.with_context(|| format!("{} cannot be written", path.display()))
        }
    }
}

#[expect(
    clippy::print_stdout,
    reason = "where the file is, is what the person who typed the command waits for"
)]
fn say(path: &Path) {
    println!(
        "{} has what a helper needs: findings of doctor, settings, the machine, metrics.\n\
         No secrets, prompts, answers or names of people are in it; addresses of your machines are. Read it before \
         you send it.",
        path.display()
    );
}
