//! `promptcards run`: a run of a card on a server, followed to its end.

mod follow;
mod pull;
mod request;
mod results;

use std::pin::pin;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use domain::run::RunState;
use engine::runs::Run;
use serde_json::Value;
use tokio::signal::unix::{SignalKind, signal};

use crate::remote::{Begun, RemoteError, Server, ServerArgs};
use crate::report::summary::grouped;
use crate::report::terminal::{print, say};
use crate::report::{Report, table};

/// The flags of `run`. Those that `eval` has too have its names.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(super) struct RunArgs {
    /// The card, by slug
    card: String,
    /// The version that this label points to [default: the latest version]
    #[arg(long, value_name = "LABEL", conflicts_with = "version")]
    label: Option<String>,
    /// The version of this number
    #[arg(long, value_name = "NUMBER")]
    version: Option<i64>,
    /// The suite to run it over, by name or id, whose cases have the variables that it needs [default: the card's]
    #[arg(long, value_name = "NAME")]
    suite: Option<String>,
    /// A model of the server, such as ollama/llama3.2; may be repeated
    #[arg(short, long = "model", value_name = "PROVIDER/MODEL")]
    models: Vec<String>,
    /// Only cases with this tag; may be repeated
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// How often each case is asked
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    repeat: u32,
    /// Ask every model, and take no answers of earlier runs over
    #[arg(long)]
    no_cache: bool,
    /// Have the server pull models that its Ollama does not have, before the run is started
    #[arg(long)]
    pull: bool,
    /// What the run is for
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    note: String,
    /// Start the run, say where it is, and do not wait for it
    #[arg(long, conflicts_with_all = ["output", "no_table"])]
    no_wait: bool,
    /// Write results to files: .json, .jsonl, .csv, .junit.xml or .html; may be repeated
    #[arg(short, long, value_name = "FILE", num_args = 1.., help_heading = "Results")]
    output: Vec<String>,
    /// Show no table
    #[arg(long, help_heading = "Results")]
    no_table: bool,
    /// Show no progress
    #[arg(long, help_heading = "Results")]
    no_progress_bar: bool,
    #[command(flatten)]
    server: ServerArgs,
}

/// What `--help` shows at its end.
pub(super) const EXAMPLES: &str = "\
Examples:
  promptcards run summary --model ollama/llama3.2
  promptcards run summary --label staging --model ollama/llama3.2 -o results.junit.xml
  promptcards run summary --version 3 --model ollama/qwen3:8b --model ollama/llama3.2 --repeat 3 --no-cache
  promptcards run summary --model ollama/qwen3:8b --pull
  promptcards run summary --suite 'Smoke test' --model ollama/llama3.2
  PROMPTCARDS_API_KEY=... promptcards run summary --label staging --model ollama/llama3.2 --server https://cards.example

The run goes over the cases of the card's suite, or of --suite. It belongs to the server: a connection that is cut is \
taken up again, and Ctrl-C cancels the run and writes what has finished. Where the same is running already, that run is \
followed, and Ctrl-C leaves it alone. A draft is run once it is saved as a version.

Exit codes: 0 all cells passed, 100 some did not, 1 it could not be run, was cancelled elsewhere or its results could \
not be written, 130 after Ctrl-C.";

/// The exit codes where cells did not pass, and after a signal.
const NOT_PASSED: u8 = 100;
const INTERRUPTED: u8 = 130;
/// What is said of a run whose models are all simulated.
const SIMULATED: &str = "All answers are simulated; the figures say nothing of a model.\n";
const NOT_STARTED: &str = "no run was started";

pub(super) fn run(args: &RunArgs) -> anyhow::Result<ExitCode> {
    let server = args.server.server()?;
    super::runtime()?.block_on(async {
        let request = request::of(args, &server).await?;
        // A file that cannot be written is found before a model is asked.
        let report = Report::begin(&args.output)?;
        if args.pull {
            let pulled = pull::missing(&server, &request, !args.no_progress_bar).await;
            if !pulled.context(NOT_STARTED)? {
                return Ok(ExitCode::from(INTERRUPTED));
            }
        }
        let begun: Begun<Run> =
            server.begin("/runs", &request).await.map_err(|error| not_started(error, args.pull))?;
        let run = &begun.value;
        let address = server.page(&format!("/runs/{}", run.id));
        // Before it is told: whoever has read that the run is there can cancel it.
        let mut interrupted = pin!(interrupt());
        say(&described(&begun, &address));
        if args.no_wait {
            print(&format!("{}\n", run.id))?;
            return Ok(ExitCode::SUCCESS);
        }
        let interrupted = tokio::select! {
            followed = follow::to_the_end(&server, run, !args.no_progress_bar) => {
                followed.with_context(|| format!("run {} goes on: {address}", run.number))?;
                false
            }
            () = &mut interrupted => true,
        };
        if interrupted && begun.was_running {
            say(&format!(
                "\nRun {} goes on: somebody else started it. Nothing was written: {address}",
                run.number
            ));
            return Ok(ExitCode::from(INTERRUPTED));
        }
        let ended = async {
            if interrupted {
                cancel(&server, run, &address).await;
            }
            finish(args, &server, run, report).await
        };
        tokio::select! {
            ended = ended => {
                let code = ended?;
                Ok(if interrupted { ExitCode::from(INTERRUPTED) } else { code })
            }
            // Whoever asks again wants no files either.
            () = interrupt() => Ok(ExitCode::from(INTERRUPTED)),
        }
    })
}

/// Waits for Ctrl-C, or for whoever ends a pipeline. From now on neither ends the process.
fn interrupt() -> impl Future<Output = ()> {
    let listen = || Ok((signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?));
    let signals: std::io::Result<_> = listen();
    async move {
        let Ok((mut interrupted, mut terminated)) = signals else { return std::future::pending().await };
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
        }
    }
}

fn not_started(error: RemoteError, has_pulled: bool) -> anyhow::Error {
    let context = match &error {
        RemoteError::Broken { .. } => {
            "it is not known whether the run was started: look at the runs of the server"
        }
        RemoteError::Refused { code, .. } if code == "model_missing" && !has_pulled => {
            return anyhow::anyhow!(
                "{NOT_STARTED}: {error} With --pull, what an Ollama misses is pulled first."
            );
        }
        _ => NOT_STARTED,
    };
    anyhow::Error::new(error).context(context)
}

/// What is followed, and where it can be seen.
fn described(begun: &Begun<Run>, address: &str) -> String {
    let run = &begun.value;
    let plural = |count: i64, word: &str| {
        format!("{} {word}{}", grouped(count.unsigned_abs()), if count == 1 { "" } else { "s" })
    };
    let card = run.cards.first().map(|card| format!("{} v{}", card.slug, card.version)).unwrap_or_default();
    let models = i64::try_from(run.models.len()).unwrap_or(i64::MAX);
    let mut parts = vec![plural(run.case_count, "case"), plural(models, "model")];
    if run.repeats > 1 {
        parts.push(plural(run.repeats, "repeat"));
    }
    let simulated = if run.simulated { ", all answers simulated" } else { "" };
    let known = if begun.was_running { ", running already" } else { "" };
    format!("Run {} of {card}{known}: {}{simulated}: {address}", run.number, parts.join(" × "))
}

/// Cancels the run, and says what became of it.
async fn cancel(server: &Server, run: &Run, address: &str) {
    let cancelled = server.post::<Run>(&format!("/runs/{}/cancel", run.id), &Value::Null).await;
    say(&match cancelled {
        Ok(run) => format!(
            "\nRun {} is cancelled: {} of {} cells had finished, and their results are kept: {address}",
            run.number,
            grouped(run.counts.finished().unsigned_abs()),
            grouped(run.cell_count.unsigned_abs()),
        ),
        // It may have ended in that moment.
        Err(RemoteError::Refused { detail, .. }) => {
            format!("\nRun {} was not cancelled: {detail}", run.number)
        }
        Err(error) => format!("\nRun {} could not be cancelled and goes on: {address}\n{error}", run.number),
    });
}

/// Reads the results, writes and shows them, and answers with the exit code.
async fn finish(args: &RunArgs, server: &Server, run: &Run, mut report: Report) -> anyhow::Result<ExitCode> {
    let run: Run = server.get(&format!("/runs/{}", run.id)).await?;
    let described = results::describe(server, &run).await?;
    results::read(server, &run, &mut report).await?;
    let reported = report.finish(&described)?;
    let remark = if run.simulated { SIMULATED } else { "" };
    reported.show(&described, (!args.no_table).then_some(table::CELL), remark)?;
    if run.state != RunState::Finished {
        say(&format!("Run {} was cancelled before all its cells had finished.", run.number));
        return Ok(ExitCode::FAILURE);
    }
    if !reported.unwritten.is_empty() {
        return Ok(ExitCode::FAILURE);
    }
    let counts = run.counts;
    let is_sound = counts.fail + counts.error + counts.invalid == 0;
    Ok(if is_sound { ExitCode::SUCCESS } else { ExitCode::from(NOT_PASSED) })
}
