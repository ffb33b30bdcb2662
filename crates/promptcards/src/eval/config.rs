//! From flags, environment and files to an evaluation and how it is to be run.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use formats::promptfoo::{Evaluation, Flags, Input, Options, read};
use formats::{Problem, results::for_terminal};

use super::args::EvalArgs;
use super::files::DiskFiles;
use super::filter::Filter;
use crate::report::table;

/// Calls at once where nothing else is said, as in promptfoo.
const AT_ONCE: u32 = 4;
/// The names that a config is looked for by.
const NAMES: [&str; 3] = ["promptfooconfig.yaml", "promptfooconfig.yml", "promptfooconfig.json"];
/// Names that promptfoo looks for too, and that are programs.
const PROGRAMS: [&str; 6] = ["js", "cjs", "mjs", "ts", "cts", "mts"];

/// Variables of the environment, by name.
pub(super) type Environment = BTreeMap<String, String>;

/// How an evaluation is run and shown.
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
pub(super) struct Settings {
    pub(super) at_once: usize,
    pub(super) delay: Option<Duration>,
    pub(super) with_cache: bool,
    pub(super) promptfoo_verdicts: bool,
    /// For one call with its retries.
    pub(super) call_limit: Option<Duration>,
    /// For all of it.
    pub(super) whole_limit: Option<Duration>,
    pub(super) filter: Filter,
    pub(super) with_pull: bool,
    pub(super) outputs: Vec<String>,
    pub(super) with_table: bool,
    pub(super) cell_length: usize,
    pub(super) with_progress: bool,
}

/// Why a config cannot be run, all of it.
#[derive(Debug)]
pub(super) struct Problems(Vec<Problem>);

impl std::error::Error for Problems {}

impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [only] => formatter.write_str(&for_terminal(&only.to_string())),
            problems => {
                write!(formatter, "{} things stand in the way; no model was called", problems.len())?;
                problems
                    .iter()
                    .try_for_each(|problem| write!(formatter, "\n  {}", for_terminal(&problem.to_string())))
            }
        }
    }
}

/// The config's path: the one that is named, or the one that lies in the folder. None: the flags say it all.
pub(super) fn find(args: &EvalArgs) -> anyhow::Result<Option<String>> {
    let in_folder = |folder: &str| {
        let path = |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        let found = NAMES.iter().map(|name| path(name)).find(|path| Path::new(path).exists());
        let program = || {
            let paths = PROGRAMS.iter().map(|ending| path(&format!("promptfooconfig.{ending}")));
            paths.into_iter().find(|path| Path::new(path).exists())
        };
        found.map_or_else(|| Err(program()), Ok)
    };
    match &args.config {
        Some(named) if Path::new(named).is_dir() => match in_folder(named.trim_end_matches('/')) {
            Ok(found) => Ok(Some(found)),
            Err(_) => bail!("there is no promptfooconfig.yaml, .yml or .json in the folder `{named}`"),
        },
        Some(named) => Ok(Some(named.clone())),
        None => match in_folder("") {
            Ok(found) => Ok(Some(found)),
            Err(_) if !args.prompts.is_empty() && !args.providers.is_empty() => Ok(None),
            Err(Some(program)) => {
                bail!("`{program}` is a program, which is not supported; write the config in YAML")
            }
            Err(None) => bail!(
                "there is no promptfooconfig.yaml, .yml or .json in this folder; name one by -c FILE, or say by \
                 -p, -r and -t what is to be evaluated"
            ),
        },
    }
}

/// The files that a config may name, with those of the flags.
pub(super) fn files(config: Option<&str>, args: &EvalArgs) -> anyhow::Result<DiskFiles> {
    let named: Vec<&str> = args.prompts.iter().chain(&args.tests).map(String::as_str).collect();
    DiskFiles::new(config, &named).context("the working folder cannot be read")
}

/// Reads what is to be evaluated.
pub(super) fn load(
    config: Option<&str>,
    files: &DiskFiles,
    args: &EvalArgs,
    environment: &Environment,
) -> anyhow::Result<(Evaluation, Settings)> {
    let flags = Flags {
        prompts: args.prompts.clone(),
        providers: args.providers.clone(),
        tests: args.tests.clone(),
        variables: args.variables.iter().cloned().collect(),
        prefix: args.prompt_prefix.clone(),
        suffix: args.prompt_suffix.clone(),
        filter_providers: args.filter_providers.clone(),
    };
    let mut evaluation = read(Input { files, config, environment, flags }).map_err(Problems)?;
    evaluation.description = args.description.clone().or(evaluation.description);
    let settings = settings(args, &mut evaluation, files)?;
    Ok((evaluation, settings))
}

/// What flags say goes before what the config says.
fn settings(args: &EvalArgs, evaluation: &mut Evaluation, files: &DiskFiles) -> anyhow::Result<Settings> {
    let options = &mut evaluation.options;
    if let Some(repeat) = args.repeat {
        options.repeat = Some(repeat.get());
    }
    let delay = args.delay.or(options.delay_ms).filter(|delay| *delay > 0).map(Duration::from_millis);
    let at_once = args.max_concurrency.or(options.max_concurrency).unwrap_or(AT_ONCE).clamp(1, 1000);
    let flag = |flag: bool, option: Option<bool>| !flag && option != Some(false);
    let limit = |limit: Option<u64>| limit.filter(|limit| *limit > 0).map(Duration::from_millis);
    let length = args.table_cell_max_length.or(options.table_cell_max_length);
    Ok(Settings {
        at_once: if delay.is_some() { 1 } else { at_once as usize },
        delay,
        with_cache: flag(args.no_cache, options.cache),
        promptfoo_verdicts: args.promptfoo_verdicts,
        call_limit: limit(options.timeout_ms),
        whole_limit: limit(options.max_eval_time_ms),
        filter: Filter::new(args, options, files)?,
        with_pull: args.pull,
        outputs: outputs(args, options, files)?,
        with_table: flag(args.no_table, options.table),
        cell_length: length.map_or(table::CELL, |length| (length as usize).max(1)),
        with_progress: flag(args.no_progress_bar, options.progress_bar),
    })
}

/// Where results are written to. Only a person who types it may name a place outside the config's folders.
fn outputs(args: &EvalArgs, options: &Options, files: &DiskFiles) -> anyhow::Result<Vec<String>> {
    if !args.output.is_empty() {
        return Ok(args.output.clone());
    }
    if let Some(outside) = options.output.iter().find(|path| !files.may_be_written(path)) {
        bail!(
            "the config wants its results in `{outside}`, which lies outside its folder and the folder that the command \
             was started in. Name the file by -o, or start the command in a folder that holds it"
        );
    }
    Ok(options.output.clone())
}
