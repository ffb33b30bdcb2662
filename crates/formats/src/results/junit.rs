//! The XML of `JUnit`: a suite for each column, a test case for each result.

use std::io::{self, Write};

use domain::verdict::Verdict;

use super::terminal::escaped;
use super::{CellResult, Column, Run, Status, Totals};

/// Most characters of a reason: the whole of it stands in the other formats.
const REASON: usize = 2000;

/// The test cases, by column, as they will be written: a suite's counts stand before its cases, and the
/// results come row by row.
pub(super) struct Junit {
    suites: Vec<Suite>,
}

struct Suite {
    /// Its name, escaped.
    name: String,
    cases: String,
}

impl Junit {
    pub(super) fn begin(run: &Run) -> Self {
        let suite = |column| Suite { name: escaped(&name(column, &run.columns)), cases: String::new() };
        Self { suites: (0..run.columns.len()).map(suite).collect() }
    }

    pub(super) fn write(&mut self, result: &CellResult) {
        if let Some(suite) = self.suites.get_mut(result.column) {
            suite.cases.push_str(&test_case(&suite.name, result));
        }
    }

    pub(super) fn finish(self, out: &mut impl Write, run: &Run, totals: &Totals) -> io::Result<()> {
        let all = totals.all();
        writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
        writeln!(
            out,
            "<testsuites name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"0\" time=\"{}\">",
            escaped(run.description.as_deref().unwrap_or("promptcards")),
            all.all(),
            all.fails,
            all.errors + all.invalids,
            seconds(all.latency_ms),
        )?;
        for (suite, totals) in self.suites.iter().zip(&totals.columns) {
            writeln!(
                out,
                "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"0\" time=\"{}\" timestamp=\"{}\">",
                suite.name,
                totals.all(),
                totals.fails,
                totals.errors + totals.invalids,
                seconds(totals.latency_ms),
                escaped(&run.started_at),
            )?;
            write!(out, "{}", suite.cases)?;
            writeln!(out, "  </testsuite>")?;
        }
        writeln!(out, "</testsuites>")
    }
}

/// Who is asked, and which of their prompts it is, as in promptfoo. The prompt itself is no name: it stands at each
/// case once more, and may be a page long.
fn name(column: usize, columns: &[Column]) -> String {
    let provider = columns[column].name();
    let mut prompts: Vec<&str> = Vec::new();
    for earlier in columns[..=column].iter().filter(|earlier| earlier.name() == provider) {
        if !prompts.contains(&&*earlier.prompt_id) {
            prompts.push(&earlier.prompt_id);
        }
    }
    let own = prompts.iter().position(|prompt| *prompt == columns[column].prompt_id);
    format!("[{provider}] prompt {}", own.map_or(1, |place| place + 1))
}

fn test_case(class: &str, result: &CellResult) -> String {
    let mut name = format!("test {}", result.row + 1);
    if let Some(description) = &result.description {
        name = format!("{name}: {description}");
    }
    let open = format!(
        "    <testcase classname=\"{class}\" name=\"{}\" time=\"{}\"",
        escaped(&name),
        seconds(result.latency_ms.unwrap_or(0))
    );
    let (element, kind) = match result.status() {
        Status::Pass => return format!("{open}/>\n"),
        Status::Fail => ("failure", "assertion"),
        Status::Error => ("error", "error"),
        Status::Invalid => ("error", "invalid"),
    };
    let reason: String = result.reason().chars().take(REASON).collect();
    let failed = result.judgement.outcomes.iter().filter(|outcome| outcome.verdict != Verdict::Pass);
    let failed = failed.map(|outcome| {
        let reason: String = outcome.reason.chars().take(REASON).collect();
        format!("- {}: {reason}", outcome.assertion_type)
    });
    let lines = [format!("Score: {:.2}", result.score()), reason.clone()];
    let text = lines.into_iter().chain(failed).collect::<Vec<_>>().join("\n");
    let first: String = reason.lines().next().unwrap_or_default().chars().take(200).collect();
    format!(
        "{open}>\n      <{element} message=\"{}\" type=\"{kind}\">{}</{element}>\n    </testcase>\n",
        escaped(&first),
        escaped(&text)
    )
}

fn seconds(milliseconds: i64) -> String {
    format!("{}.{:03}", milliseconds / 1000, milliseconds.rem_euclid(1000))
}
