//! `promptcards eval`: a promptfoo config run from end to end, without a server and without settings.
//!
//! The config is read whole (`config`, `files`, `filter`), and what stands in the way is told before a model is
//! called. Then cells are worked on, so many at once (`cell`), each asks its model (`servers`) or takes over an earlier
//! answer (`cache`), and each result goes to the [`Report`], which forgets it as soon as it is kept.

mod args;
mod cache;
mod cell;
mod config;
mod env_file;
mod files;
mod filter;
mod interrupt;
mod servers;
mod watch;

use std::process::ExitCode;

use anyhow::Context as _;
use domain::assertion::Judge;
use domain::clock::{Clock, Timestamp};
use domain::ids::IdSource;
use formats::promptfoo::{Cell, Evaluation};
use formats::results::{Run, for_terminal};
use futures_util::{StreamExt, stream};
use tokio::time::{Instant, interval, sleep};
use tokio_util::sync::CancellationToken;

pub(crate) use args::{EXAMPLES, EvalArgs};

use crate::pulling::pull_missing;
use crate::report::progress::Progress;
use crate::report::terminal::say;
use crate::report::{Report, Reported};
use crate::{SystemClock, SystemIds};
use cache::Cache;
use cell::Context;
use config::{Environment, Settings};
pub(crate) use files::DiskFiles;
use interrupt::Interrupt;
use servers::Asked;

/// Most notes that are told.
const NOTES: usize = 10;
/// The exit code where tests did not pass, as promptfoo's.
const NOT_PASSED: u8 = 100;

/// Runs the command.
pub(crate) fn run(args: &EvalArgs) -> anyhow::Result<ExitCode> {
    crate::install_cryptography();
    let environment: Environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let interrupt = Interrupt::listen().context("signals cannot be listened for")?;
    runtime.block_on(async {
        let config = config::find(args)?;
        if args.watch {
            return watch::run(config.as_deref(), args, &environment, &interrupt).await;
        }
        let files = config::files(config.as_deref(), args)?;
        once(config.as_deref(), &files, args, &environment, &interrupt).await
    })
}

/// Evaluates once, from the config to the exit code.
async fn once(
    config: Option<&str>,
    files: &DiskFiles,
    args: &EvalArgs,
    environment: &Environment,
    interrupt: &Interrupt,
) -> anyhow::Result<ExitCode> {
    let environment = &env_file::with(environment, args, files)?;
    let (mut evaluation, settings) = config::load(config, files, args, environment)?;
    settings.filter.apply(&mut evaluation)?;
    tell_notes(&evaluation);
    let asked = servers::of(&evaluation.providers, settings.at_once)?;
    let mut report = Report::begin(&settings.outputs)?;
    let (started_at, started) = (SystemClock.now(), Instant::now());
    let cells = match evaluate(&evaluation, &settings, &asked, environment, interrupt, &mut report).await? {
        Evaluated::Cells(cells) => cells,
        Evaluated::NotPulled(error) => return not_pulled(error, interrupt),
    };
    let run = Run {
        id: SystemIds.next().to_string(),
        description: evaluation.description.clone(),
        started_at: Timestamp(started_at).to_string(),
        duration_ms: i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX),
        columns: evaluation.result_columns(),
        config: evaluation.config.clone(),
        generator: concat!("promptcards ", env!("CARGO_PKG_VERSION")).to_owned(),
    };
    let reported = report.finish(&run)?;
    reported.show(&run, settings.with_table.then_some(settings.cell_length), "")?;
    Ok(exit_code(&reported, cells, environment, interrupt))
}

/// What came of an evaluation.
enum Evaluated {
    /// So many cells were worked on.
    Cells(usize),
    /// A model is missing, and nothing was asked.
    NotPulled(anyhow::Error),
}

/// The end of an evaluation without its models. Files of earlier results are left as they are.
fn not_pulled(error: anyhow::Error, interrupt: &Interrupt) -> anyhow::Result<ExitCode> {
    let Some(code) = interrupt.code() else { return Err(error) };
    say(&for_terminal(&format!("promptcards: {error:#}")));
    Ok(ExitCode::from(code))
}

/// Works on all cells, once the models are there.
async fn evaluate(
    evaluation: &Evaluation,
    settings: &Settings,
    asked: &[Asked],
    environment: &Environment,
    interrupt: &Interrupt,
    report: &mut Report,
) -> anyhow::Result<Evaluated> {
    let end = interrupt.token().child_token();
    let context = Context {
        evaluation,
        renderer: evaluation.renderer(),
        judge: Judge::default(),
        asked,
        settings,
        cache: if settings.with_cache { Cache::open(environment) } else { None },
        expired: CancellationToken::new(),
        end,
    };
    let mut cells = evaluation.cells().map_err(|problem| anyhow::anyhow!("{problem}"))?;
    cells.retain(|cell| settings.filter.wants(&context.renderer, cell));
    anyhow::ensure!(
        !cells.is_empty(),
        "no test is asked of any provider: see `providers` and `prompts` of the tests"
    );
    if settings.with_pull {
        let pulled = pull_missing(&context.models(&cells), settings.with_progress, interrupt.token()).await;
        if let Err(error) = pulled {
            return Ok(Evaluated::NotPulled(error));
        }
    }
    work(&context, &cells, report).await?;
    Ok(Evaluated::Cells(cells.len()))
}

async fn work(context: &Context<'_>, cells: &[Cell], report: &mut Report) -> anyhow::Result<()> {
    let mut progress = Progress::begin(cells.len(), context.settings.with_progress);
    let interrupted = |context: &Context<'_>| context.end.is_cancelled() && !context.expired.is_cancelled();
    let begun = stream::iter(cells).take_while(|_| std::future::ready(!interrupted(context)));
    let mut results = begun.map(|cell| context.work(cell)).buffer_unordered(context.settings.at_once);
    let mut ticks = interval(std::time::Duration::from_millis(250));
    let mut over = std::pin::pin!(async {
        match context.settings.whole_limit {
            Some(limit) => sleep(limit).await,
            None => std::future::pending().await,
        }
    });
    loop {
        tokio::select! {
            result = results.next() => match result {
                Some(Some(result)) => {
                    progress.add(result.status());
                    report.add(&result)?;
                }
                Some(None) => {}
                None => break,
            },
            _ = ticks.tick() => progress.tick(),
            () = &mut over, if !context.expired.is_cancelled() => {
                context.expired.cancel();
                context.end.cancel();
            }
        }
    }
    progress.end();
    Ok(())
}

/// What was passed over because no verdict depends on it.
fn tell_notes(evaluation: &Evaluation) {
    for note in evaluation.notes.iter().take(NOTES) {
        say(&format!("Note: {}", for_terminal(&note.to_string())));
    }
    if let Some(more) = evaluation.notes.len().checked_sub(NOTES).filter(|more| *more > 0) {
        say(&format!("Note: and {more} more like these"));
    }
}

/// Which of promptfoo's variables change it is said in its documentation.
fn exit_code(
    reported: &Reported,
    cells: usize,
    environment: &Environment,
    interrupt: &Interrupt,
) -> ExitCode {
    let all = reported.totals.all();
    if let Some(code) = interrupt.code() {
        say(&format!("Interrupted: {} of {cells} have a result.", all.all()));
        return ExitCode::from(code);
    }
    if !reported.unwritten.is_empty() {
        return ExitCode::FAILURE;
    }
    let number = |name: &str| environment.get(name).and_then(|text| text.trim().parse::<f64>().ok());
    let wanted = number("PROMPTFOO_PASS_RATE_THRESHOLD").filter(|rate| rate.is_finite()).unwrap_or(100.0);
    if reported.totals.pass_rate() >= wanted {
        return ExitCode::SUCCESS;
    }
    let code = environment.get("PROMPTFOO_FAILED_TEST_EXIT_CODE").and_then(|text| text.trim().parse().ok());
    ExitCode::from(code.unwrap_or(NOT_PASSED))
}
