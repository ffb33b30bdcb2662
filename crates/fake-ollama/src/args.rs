//! The command `promptcards fake-ollama`.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::control::Settings;
use crate::{Error, FakeOllama, Model, Options};

/// What the command line says.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:11434")]
    pub listen: SocketAddr,
    /// Model to serve, may be repeated; without it llama3.2:latest, qwen3:8b and nomic-embed-text:latest
    #[arg(long = "model", value_name = "NAME")]
    pub models: Vec<String>,
    /// Answer from this file only: one JSON object a line with "model", "prompt" and "response"
    #[arg(long, value_name = "FILE")]
    pub recorded: Option<PathBuf>,
    /// Time to the first token, in milliseconds
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub latency_ms: u64,
    /// Pace of an answer; 0 sends it at once
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub tokens_per_second: u32,
    /// Share of calls that fail with HTTP 500, from 0 to 1; the seed decides which
    #[arg(long, value_name = "P", default_value_t = 0.0, value_parser = probability)]
    pub error_rate: f64,
    /// Seed of the answers and of the errors
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
}

fn probability(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| format!("{text} is not a number"))?;
    if (0.0..=1.0).contains(&number) { Ok(number) } else { Err(format!("{text} is not between 0 and 1")) }
}

impl From<Args> for Options {
    fn from(args: Args) -> Self {
        let models = match args.models.as_slice() {
            [] => Model::defaults(),
            names => names.iter().map(|name| Model::named(name)).collect(),
        };
        let settings = Settings {
            latency_ms: args.latency_ms,
            tokens_per_second: args.tokens_per_second,
            error_rate: args.error_rate,
            ..Settings::default()
        };
        Self {
            listen: args.listen,
            models,
            recorded: args.recorded,
            seed: args.seed,
            settings,
            ..Self::default()
        }
    }
}

/// Serves until the process ends; its first line on standard output names the address.
pub async fn run(args: Args) -> Result<(), Error> {
    let server = FakeOllama::start(args.into())?;
    let mut out = std::io::stdout();
    writeln!(out, "Fake Ollama listens on {}", server.url())
        .and_then(|()| out.flush())
        .map_err(Error::Announce)?;
    std::future::pending().await
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Cli {
        #[command(flatten)]
        args: Args,
    }

    fn parse(line: &str) -> Result<Options, String> {
        let words = std::iter::once("fake-ollama").chain(line.split_whitespace());
        Cli::try_parse_from(words).map(|cli| cli.args.into()).map_err(|error| error.to_string())
    }

    #[test]
    fn the_flags_are_the_options() {
        let options = parse(
            "--listen 127.0.0.1:0 --model a:7b --model b --latency-ms 5 --tokens-per-second 9 --error-rate 0.25 --seed 7",
        )
        .unwrap();
        assert_eq!(options.models.iter().map(|model| &*model.name).collect::<Vec<_>>(), ["a:7b", "b:latest"]);
        assert_eq!(
            (options.settings.latency_ms, options.settings.tokens_per_second, options.seed),
            (5, 9, 7)
        );
        assert_eq!(parse("").unwrap().listen.to_string(), "127.0.0.1:11434");
        assert!(parse("--error-rate 1.5").unwrap_err().contains("not between 0 and 1"));
    }
}
