//! Results of a run, written into files: promptfoo's JSON and JSON lines, tables, the XML of `JUnit`, and a page.
//!
//! First every result is counted into [`Totals`], then each is given to a [`Writer`] once more, in the order of
//! rows and then columns. A writer keeps nothing but a few words of each failure (`JUnit`), so a run of any size
//! is written in little memory. Results that are missing, because the run was ended early, are left out.

mod csv;
mod html;
mod json;
mod junit;
mod terminal;
mod totals;

use std::io::{self, Write};

use domain::completion::Completion;
use domain::test_case::Assertion;
use domain::verdict::{Judgement, Outcome, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use terminal::for_terminal;
pub use totals::{ColumnTotals, MetricTotals, Totals};

/// What all results of a run share.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// The id of the run.
    pub id: String,
    /// What it is about.
    pub description: Option<String>,
    /// When it began, as in `2026-11-27T10:19:59.994Z`.
    pub started_at: String,
    /// How long it took, in milliseconds.
    pub duration_ms: i64,
    /// The columns of its table.
    pub columns: Vec<Column>,
    /// What was run, for whoever reads the results later.
    pub config: Value,
    /// The program that ran it and its version.
    pub generator: String,
}

/// A column: a prompt and who was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The provider's id.
    pub provider: String,
    /// The name that it was given instead.
    pub provider_label: Option<String>,
    /// The prompt's id.
    pub prompt_id: String,
    /// What the prompt is called.
    pub prompt_label: String,
    /// The prompt before rendering.
    pub prompt_raw: String,
}

impl Column {
    /// The provider's name and the prompt's.
    pub fn title(&self) -> String {
        format!("[{}] {}", self.name(), self.prompt_label)
    }

    /// The name of who is asked.
    pub fn name(&self) -> &str {
        self.provider_label.as_deref().unwrap_or(&self.provider)
    }
}

/// One answer, or why there is none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CellResult {
    /// A number or word that no other result of the run has.
    pub id: String,
    /// The row, from 0.
    pub row: usize,
    /// The column, from 0.
    pub column: usize,
    /// Which repeat it is, from 0.
    pub repeat: u32,
    /// What the test is about.
    pub description: Option<String>,
    /// The values of the test's variables.
    pub variables: Map<String, Value>,
    /// What the answer was to satisfy.
    pub assertions: Vec<Assertion>,
    /// The score from which the test passes.
    pub threshold: Option<f64>,
    /// What is kept with the test.
    pub metadata: Map<String, Value>,
    /// The prompt as it was sent.
    pub prompt: String,
    /// The answer.
    pub completion: Option<Completion>,
    /// Why there is no answer, or none that can be judged.
    pub error: Option<String>,
    /// What was found. Where its verdict is none, nothing was asked of the answer.
    pub judgement: Judgement,
    /// Milliseconds that the answer took.
    pub latency_ms: Option<i64>,
    /// Whether the answer came from the cache.
    pub cached: bool,
    /// What the call cost, in US dollars.
    pub cost_usd: Option<f64>,
}

/// How a result counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// The answer satisfies what was asked, or nothing was asked.
    Pass,
    /// It does not.
    Fail,
    /// There is no answer, or it could not be judged.
    Error,
    /// The answer cannot be judged: it is empty or cut off.
    Invalid,
}

impl Status {
    /// The word in tables and pages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Fail => "FAIL",
            Self::Error => "ERROR",
            Self::Invalid => "INVALID",
        }
    }
}

impl CellResult {
    /// How it counts.
    pub fn status(&self) -> Status {
        match self.judgement.verdict {
            Some(Verdict::Invalid) => Status::Invalid,
            Some(Verdict::Error) => Status::Error,
            _ if self.error.is_some() || self.completion.is_none() => Status::Error,
            Some(Verdict::Fail) => Status::Fail,
            Some(Verdict::Pass) | None => Status::Pass,
        }
    }

    /// The answer's text. Empty where there is none.
    pub fn output(&self) -> &str {
        self.completion.as_ref().map_or("", |completion| &completion.content)
    }

    /// 0 to 1. An answer of which nothing was asked has 1, as in promptfoo.
    pub fn score(&self) -> f64 {
        match (self.status(), self.judgement.score) {
            (Status::Pass, None) => 1.0,
            (Status::Pass | Status::Fail, Some(score)) => score,
            _ => 0.0,
        }
    }

    /// What counts as an assertion that holds or does not, in promptfoo's order: behind each set stand its own. None
    /// of an answer that could not be judged.
    fn counted_outcomes(&self) -> impl Iterator<Item = &Outcome> {
        let is_judged = matches!(self.status(), Status::Pass | Status::Fail);
        let outcomes = self.judgement.outcomes.iter().filter(move |_| is_judged);
        outcomes.flat_map(|outcome| std::iter::once(outcome).chain(&outcome.outcomes))
    }

    /// The sentence that says why.
    pub fn reason(&self) -> &str {
        match (&self.error, self.judgement.reason.as_str()) {
            (Some(error), _) => error,
            (None, "") if self.status() == Status::Pass => "No assertions",
            (None, "") => "No output",
            (None, reason) => reason,
        }
    }
}

/// What results are written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One document, as promptfoo writes it.
    Json,
    /// A result in each line.
    JsonLines,
    /// A table with a row for each test.
    Csv,
    /// What continuous integration shows as tests.
    Junit,
    /// A page that needs nothing else.
    Html,
}

impl Format {
    /// The format that a file's name asks for, or a sentence that says which there are.
    pub fn of(path: &str) -> Result<Self, String> {
        let name = path.to_lowercase();
        let known = [
            (".junit.xml", Self::Junit),
            (".jsonl", Self::JsonLines),
            (".json", Self::Json),
            (".csv", Self::Csv),
            (".html", Self::Html),
        ];
        known.into_iter().find(|(ending, _)| name.ends_with(ending)).map(|(_, format)| format).ok_or_else(|| {
            format!("`{path}` does not end as a file of results does: .json, .jsonl, .csv, .junit.xml or .html")
        })
    }
}

/// Writes results one after the other. What is written to should be buffered.
pub struct Writer<'a, Out: Write> {
    out: Out,
    run: &'a Run,
    totals: &'a Totals,
    state: State,
}

enum State {
    Json(json::Json),
    JsonLines,
    Csv(csv::Csv),
    Junit(junit::Junit),
    Html(html::Html),
}

impl<'a, Out: Write> Writer<'a, Out> {
    /// Begins a file.
    pub fn new(format: Format, mut out: Out, run: &'a Run, totals: &'a Totals) -> io::Result<Self> {
        let state = match format {
            Format::Json => State::Json(json::Json::begin(&mut out, run)?),
            Format::JsonLines => State::JsonLines,
            Format::Csv => State::Csv(csv::Csv::begin(&mut out, run, totals)?),
            Format::Junit => State::Junit(junit::Junit::begin(run)),
            Format::Html => State::Html(html::Html::begin(&mut out, run, totals)?),
        };
        Ok(Self { out, run, totals, state })
    }

    /// Adds the next result, in the order of rows and then columns.
    pub fn write(&mut self, result: &CellResult) -> io::Result<()> {
        let column = self.run.columns.get(result.column).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidInput, format!("there is no column {}", result.column))
        })?;
        match &mut self.state {
            State::Json(json) => json.write(&mut self.out, result, column),
            State::JsonLines => json::write_line(&mut self.out, result, column),
            State::Csv(csv) => csv.write(&mut self.out, result, self.run, self.totals),
            State::Junit(junit) => {
                junit.write(result);
                Ok(())
            }
            State::Html(html) => html.write(&mut self.out, result, self.run, self.totals),
        }
    }

    /// Ends the file, and gives back what it was written to.
    pub fn finish(mut self) -> io::Result<Out> {
        match self.state {
            State::Json(_) => json::finish(&mut self.out, self.run, self.totals)?,
            State::JsonLines => {}
            State::Csv(csv) => csv.finish(&mut self.out)?,
            State::Junit(junit) => junit.finish(&mut self.out, self.run, self.totals)?,
            State::Html(html) => html.finish(&mut self.out, self.run)?,
        }
        self.out.flush()?;
        Ok(self.out)
    }
}
