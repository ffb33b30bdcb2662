//! The command `promptcards fake-ollama`.

use std::io::Write as _;
use std::net::SocketAddr;
use std::num::NonZeroU64;
use std::path::PathBuf;

use crate::control::Settings;
use crate::{Error, FakeOllama, Fault, FaultOn, Model, Options};

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
    #[arg(long, value_name = "P", default_value_t = 0.0, value_parser = share)]
    pub error_rate: f64,
    /// Time that a pull takes, in milliseconds
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub pull_ms: u64,
    /// What goes wrong.
    #[arg(long, value_name = "FAULT", help = fault_help())]
    pub fault: Option<Fault>,
    /// The fault meets so many requests and then ends
    #[arg(long, value_name = "N", requires = "fault")]
    pub fail_next: Option<NonZeroU64>,
    /// The fault meets each N-th request
    #[arg(long, value_name = "N", requires = "fault")]
    pub fail_every: Option<NonZeroU64>,
    /// The fault meets this share of requests, from 0 to 1; the seed decides which
    #[arg(long, value_name = "P", requires = "fault", value_parser = share)]
    pub fail_share: Option<f64>,
    /// The fault meets calls of this model only
    #[arg(long, value_name = "NAME", requires = "fault")]
    pub fail_model: Option<String>,
    /// Which requests the fault meets: what is asked of a model, or everything
    #[arg(long, value_name = "WHICH", default_value = "calls")]
    pub fault_on: FaultOn,
    /// Seed of the answers and of the errors
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
}

fn fault_help() -> String {
    let names = Fault::ALL.map(Fault::name).join(", ");
    format!(
        "What goes wrong: a name, or JSON such as {}; the names are {names}",
        r#"'{"status": {"code": 429, "retry_after_s": 2}}'"#
    )
}

fn share(text: &str) -> Result<f64, String> {
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
            pull_ms: args.pull_ms,
            fault: args.fault,
            fail_next: args.fail_next.map(NonZeroU64::get),
            fail_every: args.fail_every.map(NonZeroU64::get),
            fail_share: args.fail_share,
            fail_model: args.fail_model,
            fault_on: args.fault_on,
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

    #[test]
    fn a_fault_is_chosen_by_flags() {
        let line = "--fault long_line --fail-every 3 --fail-share 0.5 --fail-model a --fault-on everything";
        let settings = parse(line).unwrap().settings;
        assert_eq!(settings.fault, Some(Fault::LongLine { after_tokens: 3, megabytes: 100 }));
        assert_eq!((settings.fail_every, settings.fail_share), (Some(3), Some(0.5)));
        assert_eq!((settings.fail_model.as_deref(), settings.fault_on), (Some("a"), FaultOn::Everything));
        assert!(parse("--fail-next 3").unwrap_err().contains("--fault <FAULT>"));
        assert!(
            parse("--fault explode").unwrap_err().contains("there is no fault explode; there are refuse")
        );
        assert!(parse("--fault drip --fail-every 0").is_err());
    }
}
