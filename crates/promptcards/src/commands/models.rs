//! `promptcards models`: models onto an Ollama server.

use std::path::PathBuf;
use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Subcommand;
use domain::clock::Clock;
use llm::{Guarded, ProviderKind, Registry};
use tokio_util::sync::CancellationToken;

use crate::config::{Config, Flags};
use crate::pulling;
use crate::system::SystemClock;

/// What to do with models.
#[derive(Debug, Subcommand)]
pub(super) enum ModelsCommand {
    /// Pull models onto an Ollama server, with progress; what came before an interruption is not loaded twice
    #[command(after_help = "Examples:\n  promptcards models pull llama3.2\n  \
                            promptcards models pull qwen3:8b nomic-embed-text --provider gpu-box\n\n\
                            Exit codes: 0 the models are there, 1 one of them is not.")]
    Pull {
        #[arg(
            required = true,
            value_name = "NAME",
            help = "The models, with or without a tag: llama3.2, qwen3:8b, hf.co/team/model:Q4_K_M"
        )]
        names: Vec<String>,
        /// The provider of the configuration [default: the first of the kind ollama]
        #[arg(long, value_name = "NAME")]
        provider: Option<String>,
        /// The configuration file [default: ./promptcards.toml, if it is there]
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
}

pub(super) fn run(command: ModelsCommand) -> anyhow::Result<ExitCode> {
    let ModelsCommand::Pull { names, provider, config } = command;
    let config = Config::load(&Flags { config, ..Flags::default() }, &super::environment())?;
    pull(&config, &names, provider.as_deref())
}

#[expect(clippy::print_stdout, reason = "that the model is there is what was asked for")]
fn pull(config: &Config, names: &[String], provider: Option<&str>) -> anyhow::Result<ExitCode> {
    crate::install_cryptography();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let providers = Registry::new(&config.providers, &clock, 0)?;
    let provider = chosen(&providers, provider)?;
    super::runtime()?.block_on(async {
        let stop = CancellationToken::new();
        let mut work = pin!(async {
            for name in names {
                pulling::pull(provider, name, true, &stop).await?;
                println!("{name} is on {}.", provider.name());
            }
            Ok(ExitCode::SUCCESS)
        });
        tokio::select! {
            done = &mut work => done,
            _ = tokio::signal::ctrl_c() => {
                stop.cancel();
                work.await
            }
        }
    })
}

fn chosen<'a>(providers: &'a Registry, name: Option<&str>) -> anyhow::Result<&'a Guarded> {
    let Some(name) = name else {
        let first = providers.iter().find(|provider| provider.kind() == ProviderKind::Ollama);
        return first.map(|provider| &**provider).context("no provider of the kind ollama is configured");
    };
    let known = || providers.iter().map(|provider| provider.name()).collect::<Vec<_>>().join(", ");
    let provider = providers.get(name);
    let provider =
        provider.with_context(|| format!("there is no provider {name}; configured are: {}", known()))?;
    anyhow::ensure!(
        provider.kind() == ProviderKind::Ollama,
        "{name} is a provider of the kind {}; only Ollama pulls models on command",
        provider.kind().as_str()
    );
    Ok(provider)
}
