//! Which tests, providers and prompts are evaluated.

use std::collections::HashSet;

use anyhow::{Context, anyhow, bail};
use formats::promptfoo::{Cell, Evaluation, Options, Renderer};
use formats::{FILE_LIMIT, FileError, Files};
use regress::Regex;
use serde_json::{Map, Value};

use super::args::EvalArgs;
use super::files::DiskFiles;

/// What flags and config leave of an evaluation.
pub(super) struct Filter {
    pattern: Option<Regex>,
    range: Option<(usize, usize)>,
    first: Option<u32>,
    prompts: Option<Regex>,
    failing: Option<Failing>,
}

/// The values of the tests that did not pass in an earlier evaluation.
struct Failing {
    file: String,
    /// Each as JSON with its fields in order: every test is looked for among them.
    values: HashSet<String>,
}

impl Filter {
    /// Reads the filters; what flags say goes before.
    pub(super) fn new(args: &EvalArgs, options: &Options, files: &DiskFiles) -> anyhow::Result<Self> {
        let regex = |name: &str, flag: &Option<String>, option: &Option<String>| {
            let text = flag.as_ref().or(option.as_ref()).filter(|text| !text.is_empty());
            let compiled = text.map(|text| {
                Regex::new(text)
                    .map_err(|error| anyhow::anyhow!("`{text}` of {name} is no pattern: {}", error.text))
            });
            compiled.transpose()
        };
        // A file that the config names lies where its other files lie; one that is typed may be anywhere.
        let failing = match (&args.filter_failing, &options.filter_failing) {
            (Some(file), _) => Some((file, std::fs::read(file).map_err(anyhow::Error::from))),
            (None, Some(file)) => Some((file, files.read(file, FILE_LIMIT).map_err(|error| said(&error)))),
            (None, None) => None,
        };
        Ok(Self {
            pattern: regex("--filter-pattern", &args.filter_pattern, &options.filter_pattern)?,
            range: args.filter_range.or(options.filter_range),
            first: args.filter_first_n.or(options.filter_first_n),
            prompts: regex("--filter-prompts", &args.filter_prompts, &options.filter_prompts)?,
            failing: failing.map(|(file, content)| Failing::of(file, content)).transpose()?,
        })
    }

    /// Takes out of the evaluation what is not wanted, and says so where nothing is left.
    pub(super) fn apply(&self, evaluation: &mut Evaluation) -> anyhow::Result<()> {
        let fits = |regex: &Regex, names: [Option<&str>; 2]| {
            names.into_iter().flatten().any(|name| regex.find(name).is_some())
        };
        // The others were not read.
        if evaluation.providers.is_empty() {
            bail!("no provider has an id or a label that --filter-providers matches");
        }
        if let Some(regex) = &self.prompts {
            evaluation.prompts.retain(|it| fits(regex, [it.given_id.as_deref(), Some(&it.label)]));
            if evaluation.prompts.is_empty() {
                bail!("no prompt has an id or a label that --filter-prompts matches");
            }
        }
        if let Some(failing) = &self.failing {
            failing.apply(evaluation)?;
        }
        if let Some(regex) = &self.pattern {
            evaluation.tests.retain(|test| fits(regex, [test.description.as_deref(), None]));
            if evaluation.tests.is_empty() {
                bail!("no test has a description that --filter-pattern matches");
            }
        }
        let (start, end) = self.range.unwrap_or((0, usize::MAX));
        let first = self.first.map_or(usize::MAX, |first| first as usize);
        let tests = std::mem::take(&mut evaluation.tests).into_iter();
        evaluation.tests = tests.take(end).skip(start).take(first).collect();
        if evaluation.tests.is_empty() {
            bail!("no test is left by --filter-range and --filter-first-n");
        }
        Ok(())
    }

    /// Whether a cell is wanted: of a test with lists of values, only those that did not pass.
    pub(super) fn wants(&self, renderer: &Renderer<'_>, cell: &Cell) -> bool {
        self.failing.as_ref().is_none_or(|failing| failing.has(renderer, cell))
    }
}

fn said(error: &FileError) -> anyhow::Error {
    match error {
        FileError::NotFound => anyhow!("there is no such file"),
        FileError::TooLarge => anyhow!("it is larger than {} MiB", FILE_LIMIT / 1024 / 1024),
        FileError::Other(reason) => anyhow!("{reason}"),
    }
}

impl Failing {
    fn of(file: &str, content: anyhow::Result<Vec<u8>>) -> anyhow::Result<Self> {
        let content = content.with_context(|| format!("`{file}` of --filter-failing cannot be read"))?;
        let document: Value = serde_json::from_slice(&content)
            .with_context(|| format!("`{file}` of --filter-failing is no JSON"))?;
        let results = match &document["results"] {
            Value::Array(results) => Some(results),
            results => results["results"].as_array(),
        };
        let Some(results) = results else {
            bail!("`{file}` of --filter-failing holds no results; write them by -o results.json");
        };
        let failed = results.iter().filter(|result| result["success"] != true);
        let values = failed.filter_map(|result| result["vars"].as_object().cloned()).map(in_order).collect();
        Ok(Self { file: file.to_owned(), values })
    }

    fn apply(&self, evaluation: &mut Evaluation) -> anyhow::Result<()> {
        let kept: Vec<bool> = {
            let mut kept = vec![false; evaluation.tests.len()];
            let renderer = evaluation.renderer();
            for cell in evaluation.cells().map_err(|problem| anyhow::anyhow!("{problem}"))? {
                kept[cell.test] = kept[cell.test] || self.has(&renderer, &cell);
            }
            kept
        };
        let mut kept = kept.into_iter();
        evaluation.tests.retain(|_| kept.next() == Some(true));
        if evaluation.tests.is_empty() {
            bail!("no test of this config failed in `{}`", self.file);
        }
        Ok(())
    }

    fn has(&self, renderer: &Renderer<'_>, cell: &Cell) -> bool {
        renderer.render(cell).is_ok_and(|rendered| self.values.contains(&in_order(rendered.variables)))
    }
}

fn in_order(values: Map<String, Value>) -> String {
    let mut values = Value::Object(values);
    values.sort_all_objects();
    values.to_string()
}
