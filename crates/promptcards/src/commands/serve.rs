//! `promptcards serve` and `promptcards fake-ollama`.

use std::convert::Infallible;
use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::config::Config;
use crate::telemetry;

#[expect(clippy::print_stdout, reason = "the address is what the person who typed the command waits for")]
pub(super) fn run(config: &Config) -> anyhow::Result<ExitCode> {
    telemetry::begin(&config.log)?;
    super::runtime()?.block_on(async {
        let app = App::build(config).await?;
        println!("Promptcards is ready: http://{}", app.address());
        let stop = CancellationToken::new();
        tokio::select! {
            stopped = app.run(stop.clone()) => stopped?,
            // It only listens on: what ends the server is its own end.
            never = wait_for_signal(stop) => match never {},
        }
        Ok(ExitCode::SUCCESS)
    })
}

pub(super) fn fake_ollama(args: fake_ollama::Args) -> anyhow::Result<ExitCode> {
    super::runtime()?.block_on(fake_ollama::run(args))?;
    Ok(ExitCode::SUCCESS)
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
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };
    next().await;
    tracing::info!("stopping: open requests end, cells under way go back into the queue");
    stop.cancel();
    next().await;
    tracing::warn!("stopping at once");
    std::process::exit(1);
}
