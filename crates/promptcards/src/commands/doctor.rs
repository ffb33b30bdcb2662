//! `promptcards doctor`: each problem with its remedy.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use domain::clock::Clock;
use llm::{Guarded, Registry};
use store::Store;
use tokio::time::timeout;

use crate::config::Config;
use crate::system::SystemClock;

/// How long a model server may take to answer.
const LIMIT: Duration = Duration::from_secs(5);

/// One finding.
struct Finding {
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
pub(super) fn run(config: &Config) -> anyhow::Result<ExitCode> {
    crate::install_cryptography();
    super::runtime()?.block_on(async {
        let mut findings =
            vec![Finding::sound("version", format!("promptcards {}", env!("CARGO_PKG_VERSION")))];
        findings.push(look_at_port(config).await);
        findings.extend(look_at_database(config).await);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let providers = Registry::new(&config.providers, &clock, 0)?;
        for provider in providers.iter() {
            findings.push(look_at_provider(provider).await);
        }
        for finding in &findings {
            let mark = if finding.sound { "ok     " } else { "problem" };
            println!("{mark}  {:<12} {}", finding.name, finding.detail);
            if let Some(remedy) = &finding.remedy {
                println!("         {:<12} {remedy}", "");
            }
        }
        let sound = findings.iter().all(|finding| finding.sound);
        Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    })
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
            "Stop the server, keep a copy of the folder, and restore the last good copy.",
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

async fn look_at_provider(provider: &Guarded) -> Finding {
    let name = provider.name();
    let looked = timeout(LIMIT, async {
        let version = provider.version().await?;
        Ok((version, provider.models().await?))
    });
    match looked.await {
        Ok(Ok((_, models))) if provider.is_simulated() => {
            Finding::sound(name, format!("{} built-in models, all simulated.", models.len()))
        }
        Ok(Ok((version, models))) if models.is_empty() => Finding::problem(
            name,
            format!("{} answers at {}, without a model.", who(version), address(provider)),
            "Pull one on that machine: ollama pull llama3.2",
        ),
        Ok(Ok((version, models))) => {
            let names: Vec<&str> = models.iter().map(|model| model.name.as_str()).collect();
            Finding::sound(
                name,
                format!("{} answers at {}: {}.", who(version), address(provider), names.join(", ")),
            )
        }
        Ok(Err(error)) => {
            let error: llm::CallError = error;
            let remedy = engine::models::remedy(provider, error.kind);
            Finding::problem(name, error.detail, remedy)
        }
        Err(_) => Finding::problem(
            name,
            format!("Nothing answers at {} within {} s.", address(provider), LIMIT.as_secs()),
            engine::models::remedy(provider, llm::CallErrorKind::TimeoutConnect),
        ),
    }
}

fn address(provider: &Guarded) -> &str {
    provider.base_url().unwrap_or("no address")
}

fn who(version: Option<String>) -> String {
    version.map_or_else(|| "It".to_owned(), |version| format!("Version {version}"))
}
