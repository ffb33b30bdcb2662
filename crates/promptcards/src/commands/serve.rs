//! `promptcards serve` and `promptcards fake-ollama`.

use std::convert::Infallible;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use api::serve::Tls;
use domain::caller::Caller;
use engine::{DEFAULT_WORKSPACE, Engine};
use llm::{ProviderKind, same_model};
use secrecy::{ExposeSecret, SecretString};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::app::{App, StartError};
use crate::config::Config;
use crate::report::terminal::say;
use crate::{setup, telemetry};

/// The flags of `serve`.
#[derive(Debug, clap::Args)]
pub(super) struct ServeArgs {
    #[command(flatten)]
    settings: super::Settings,
    /// Pull this model, if the first provider of the kind ollama does not have it; may be repeated
    #[arg(long, value_name = "NAME")]
    pull: Vec<String>,
}

pub(super) fn run(args: ServeArgs) -> anyhow::Result<ExitCode> {
    let config = args.settings.load()?;
    telemetry::begin(&config.log)?;
    super::runtime()?.block_on(async {
        let stop = CancellationToken::new();
        tokio::select! {
            // From the first moment on, because a signal that nobody waits for ends the process as a kill does.
            biased;
            // It only listens on: what ends the server is its own end.
            never = wait_for_signal(stop.clone()) => match never {},
            served = serve(&config, &args.pull, stop) => served?,
        }
        Ok(ExitCode::SUCCESS)
    })
}

async fn serve(config: &Config, pulls: &[String], stop: CancellationToken) -> anyhow::Result<()> {
    let app = App::build(config).await.inspect_err(|error| name_the_newest_backup(error, config))?;
    say_that_it_is_ready(&app);
    if let Some(address) = app.metrics_address() {
        // Who reads the address alone may have gone.
        let _ = writeln!(std::io::stdout(), "Metrics are at http://{address}/metrics");
    }
    let secret = setup::secret(app.engine.people(), &config.server.data_dir).await?;
    if let Some(secret) = &secret {
        say_how_to_set_up(app.origin(), secret);
    }
    if let Some(file) = &app.new_master_key {
        say_that_there_is_a_key(file);
    }
    pull(&app.engine, pulls).await?;
    let tls = app.tls();
    tokio::select! {
        stopped = app.run(stop) => stopped?,
        never = reload_certificate(tls) => match never {},
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the address is what the person who typed the command waits for")]
fn say_that_it_is_ready(app: &App) {
    let (origin, address) = (app.origin(), app.address());
    if origin.ends_with(&format!("://{address}")) {
        println!("Promptcards is ready: {origin}");
    } else {
        println!("Promptcards is ready: {origin} (it listens on {address})");
    }
}

/// The backup that a damaged database is replaced by, for the command that the error says.
fn name_the_newest_backup(error: &StartError, config: &Config) {
    let folder = config.backup.folder.as_deref().filter(|_| error.exit_code() == StartError::DAMAGED);
    if let Some(newest) = folder.and_then(|folder| engine::backups::newest(folder).ok()) {
        say(&format!("The newest backup is {}, of {}.", newest.path.display(), newest.at));
    }
}

fn say_how_to_set_up(origin: &str, secret: &SecretString) {
    let secret = secret.expose_secret();
    // Who reads the address alone may have gone.
    let _ = writeln!(std::io::stdout(), "Make the first account: {origin}/setup#{secret}");
}

fn say_that_there_is_a_key(file: &Path) {
    let _ = writeln!(
        std::io::stdout(),
        "A master key was made: {}. Keep a copy of it apart from the data: without it nobody can open the secrets that \
         the database holds.",
        file.display()
    );
}

/// Begins the pulls of models that are missing. The page shows them; one that cannot begin keeps nobody from starting.
async fn pull(engine: &Engine, names: &[String]) -> engine::Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    let workspace = engine.workspace(DEFAULT_WORKSPACE).await?;
    let providers = engine.providers(workspace).await?;
    let Some(provider) = providers.iter().find(|provider| provider.kind == ProviderKind::Ollama.as_str())
    else {
        tracing::warn!("nothing is pulled: no provider of the kind ollama is configured");
        return Ok(());
    };
    let models = engine.models(workspace, provider.id).await?.items;
    for name in names {
        if models.iter().any(|model| same_model(&model.name, name)) {
            continue;
        }
        match engine.start_pull(&Caller::machine(), workspace, provider.id, name).await {
            Ok(_) => tracing::info!(provider = provider.name, model = name, "pulling"),
            Err(error) => tracing::warn!(provider = provider.name, model = name, %error, "not pulled"),
        }
    }
    Ok(())
}

pub(super) fn fake_ollama(args: fake_ollama::Args) -> anyhow::Result<ExitCode> {
    super::runtime()?.block_on(fake_ollama::run(args))?;
    Ok(ExitCode::SUCCESS)
}

/// Reads the certificate again on each SIGHUP. Without TLS that signal ends the process, as it always does.
async fn reload_certificate(tls: Option<Arc<Tls>>) -> Infallible {
    let (Some(tls), Ok(mut hangup)) = (tls, signal(SignalKind::hangup())) else {
        return std::future::pending().await;
    };
    loop {
        hangup.recv().await;
        match tls.reload() {
            Ok(()) => tracing::info!("the certificate was read again; new connections get it"),
            Err(error) => {
                tracing::error!(%error, "the certificate cannot be used; the one from before stays");
            }
        }
    }
}

/// The first signal stops in good order, the second one at once.
async fn wait_for_signal(stop: CancellationToken) -> Infallible {
    let listening = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    let (Ok(mut interrupt), Ok(mut terminate)) = listening else {
        tracing::warn!("signals cannot be received; only a kill ends this server");
        return std::future::pending().await;
    };
    let mut next = async || {
        tokio::select! {
            _ = interrupt.recv() => SignalKind::interrupt(),
            _ = terminate.recv() => SignalKind::terminate(),
        }
    };
    next().await;
    tracing::info!("stopping: open requests end, cells under way go back into the queue");
    stop.cancel();
    let signal = next().await;
    tracing::warn!("stopping at once");
    // As a shell says it of a process that the signal ended.
    std::process::exit(128 + signal.as_raw_value());
}
