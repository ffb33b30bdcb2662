//! `promptcards doctor`: each problem with its remedy.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use domain::clock::Clock;
use llm::doctor::{Diagnosis, Outcome, Step, Surroundings};
use llm::{Guarded, Registry};
use serde::Serialize;
use store::Store;

use crate::config::Config;
use crate::system::SystemClock;

/// How long the database may take to close.
const LIMIT: Duration = Duration::from_secs(5);

/// One finding.
#[derive(Serialize)]
pub(super) struct Finding {
    sound: bool,
    name: String,
    detail: String,
    remedy: Option<String>,
}

impl Finding {
    fn sound(name: &str, detail: impl Into<String>) -> Self {
        Self { sound: true, name: name.to_owned(), detail: detail.into(), remedy: None }
    }

    fn problem(name: &str, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { sound: false, name: name.to_owned(), detail: detail.into(), remedy: Some(remedy.into()) }
    }
}

#[expect(clippy::print_stdout, reason = "the findings are what was asked for")]
pub(super) fn run(config: &Config, model: Option<&str>) -> anyhow::Result<ExitCode> {
    crate::install_cryptography();
    let findings = super::runtime()?.block_on(examine(config, model))?;
    for finding in &findings {
        let mark = if finding.sound { "ok     " } else { "problem" };
        println!("{mark}  {:<12} {}", finding.name, finding.detail);
        for line in finding.remedy.iter().flat_map(|remedy| remedy.lines()) {
            println!("         {:<12} {line}", "");
        }
    }
    let sound = findings.iter().all(|finding| finding.sound);
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Looks at everything that a server with these settings needs.
pub(super) async fn examine(config: &Config, model: Option<&str>) -> anyhow::Result<Vec<Finding>> {
    let mut findings = vec![Finding::sound("version", format!("promptcards {}", env!("CARGO_PKG_VERSION")))];
    findings.push(look_at_port(config).await);
    findings.extend(look_at_database(config).await);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let providers = Registry::new(&config.providers, &clock, 0)?;
    let surroundings = Surroundings::here();
    for provider in providers.iter() {
        // A model is looked for where it may be.
        let model = model.filter(|_| !provider.is_simulated());
        findings.push(look_at_provider(provider, model, &surroundings).await);
    }
    Ok(findings)
}

async fn look_at_port(config: &Config) -> Finding {
    let address = config.server.listen;
    match api::serve::listen(address).await {
        Ok(_) => Finding::sound("port", format!("{address} is free.")),
        Err(error) => Finding::problem(
            "port",
            format!("{error}."),
            "If that is a Promptcards server already, there is nothing to do.",
        ),
    }
}

async fn look_at_database(config: &Config) -> Vec<Finding> {
    let path = &config.store.path;
    if config.store.database_url.is_none() && !path.exists() {
        let detail = format!("There is none yet at {}; the first start makes it.", path.display());
        return vec![Finding::sound("database", detail)];
    }
    let settings = config.store.clone();
    let opened = tokio::task::spawn_blocking(move || Store::open(settings)).await;
    let store = match opened {
        Ok(Ok(store)) => store,
        Ok(Err(error @ store::Error::Locked { .. })) => {
            return vec![Finding::sound("database", format!("In use: {error}."))];
        }
        Ok(Err(error)) => {
            return vec![Finding::problem("database", format!("{error}."), "Nothing was changed.")];
        }
        Err(error) => {
            return vec![Finding::problem("database", format!("{error}."), "Report this as a bug.")];
        }
    };
    let mut findings = Vec::new();
    match store.check().await {
        Ok(facts) if facts.damage.is_empty() => findings.push(Finding::sound(
            "database",
            format!("{}, schema {}, {} KiB, sound.", facts.version, facts.schema_version, facts.bytes / 1024),
        )),
        Ok(facts) => findings.push(Finding::problem(
            "database",
            format!("Damaged: {}", facts.damage.join("; ")),
            "Stop the server, and put the last good backup in its place: promptcards restore YOUR-BACKUP --identity \
             YOUR-KEY --replace",
        )),
        Err(error) => {
            findings.push(Finding::problem("database", format!("{error}."), "Look at the disk."));
        }
    }
    if let Ok(Some(disk)) = store.disk() {
        let free = disk.free_bytes / (1024 * 1024);
        findings.push(match free {
            0..256 => Finding::problem("disk", format!("Only {free} MiB are free."), "Free 256 MB."),
            _ => Finding::sound("disk", format!("{free} MiB are free.")),
        });
    }
    if let Err(error) = store.close(LIMIT).await {
        findings.push(Finding::problem("database", format!("{error}."), "Run doctor again."));
    }
    findings
}

async fn look_at_provider(provider: &Guarded, model: Option<&str>, surroundings: &Surroundings) -> Finding {
    let Diagnosis { works, conclusion, configuration, steps } = provider.diagnose(model, surroundings).await;
    if works {
        return Finding::sound(provider.name(), conclusion);
    }
    let mark = |outcome| match outcome {
        Outcome::Works => "works",
        Outcome::Fails => "fails",
        Outcome::Note => "note ",
    };
    let line = |step: &Step| format!("{}  {}  {}", mark(step.outcome), step.tried, step.found);
    let tried = steps.iter().map(line);
    let write = configuration.iter().flat_map(|lines| {
        let head = format!("In promptcards.toml, in the section of {}:", provider.name());
        std::iter::once(head).chain(lines.lines().map(|line| format!("  {line}")))
    });
    let remedy: Vec<String> = tried.chain(write).collect();
    Finding::problem(provider.name(), conclusion, remedy.join("\n"))
}
