//! A page with the results: one file, no script, nothing from elsewhere, light and dark.

use std::io::{self, Write};

use domain::verdict::{Outcome, Verdict};

use super::terminal::escaped;
use super::{CellResult, ColumnTotals, Run, Status, Totals};

const STYLE: &str = include_str!("html.css");

/// The row that is being written.
pub(super) struct Html {
    row: Option<usize>,
    /// The cells of the row, as they will be written.
    cells: Vec<String>,
    first: String,
    only_passes: bool,
}

impl Html {
    pub(super) fn begin(out: &mut impl Write, run: &Run, totals: &Totals) -> io::Result<Self> {
        let title = escaped(run.description.as_deref().filter(|text| !text.is_empty()).unwrap_or("Results"));
        let all = totals.all();
        writeln!(
            out,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
             <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>"
        )?;
        writeln!(
            out,
            "<p class=\"facts\">{} · {} · {}</p>",
            escaped(&run.started_at),
            duration(run.duration_ms),
            escaped(&run.generator)
        )?;
        writeln!(
            out,
            "<dl class=\"totals\">{}{}{}{}{}</dl>",
            figure("Passed", &format!("{} of {} ({:.1} %)", all.passes, all.all(), totals.pass_rate())),
            figure("Failed", &all.fails.to_string()),
            figure("Errors", &all.errors.to_string()),
            figure("Invalid", &all.invalids.to_string()),
            figure("Tokens", &(all.prompt_tokens + all.completion_tokens + all.cached_tokens).to_string()),
        )?;
        writeln!(
            out,
            "<label><input type=\"checkbox\" id=\"only-rest\"> Only rows in which something does not pass</label>"
        )?;
        writeln!(out, "<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">Test</th>")?;
        for (column, totals) in run.columns.iter().zip(&totals.columns) {
            let provider = column.provider_label.as_deref().unwrap_or(&column.provider);
            writeln!(
                out,
                "<th scope=\"col\"><span class=\"provider\">{}</span><details><summary>{}</summary><pre>{}</pre></details>{}</th>",
                escaped(provider),
                escaped(&first_line(&column.prompt_label)),
                escaped(&column.prompt_raw),
                passes(totals),
            )?;
        }
        writeln!(out, "</tr></thead>\n<tbody>")?;
        Ok(Self { row: None, cells: Vec::new(), first: String::new(), only_passes: true })
    }

    pub(super) fn write(
        &mut self,
        out: &mut impl Write,
        result: &CellResult,
        run: &Run,
        totals: &Totals,
    ) -> io::Result<()> {
        if self.row != Some(result.row) {
            self.end_row(out)?;
            self.row = Some(result.row);
            self.only_passes = true;
            self.cells = vec!["<td></td>".to_owned(); run.columns.len()];
            self.first = head(result, totals);
        }
        self.only_passes &= result.status() == Status::Pass;
        if let Some(place) = self.cells.get_mut(result.column) {
            *place = cell(result);
        }
        Ok(())
    }

    pub(super) fn finish(mut self, out: &mut impl Write, run: &Run) -> io::Result<()> {
        self.end_row(out)?;
        let config = serde_json::to_string_pretty(&run.config).unwrap_or_default();
        writeln!(
            out,
            "</tbody>\n</table></div>\n<details><summary>What was run</summary><pre>{}</pre></details>\n</body>\n</html>",
            escaped(&config)
        )
    }

    fn end_row(&mut self, out: &mut impl Write) -> io::Result<()> {
        if self.row.is_none() {
            return Ok(());
        }
        let class = if self.only_passes { " class=\"passes\"" } else { "" };
        writeln!(out, "<tr{class}>{}{}</tr>", self.first, self.cells.concat())
    }
}

fn figure(name: &str, value: &str) -> String {
    format!("<div><dt>{name}</dt><dd>{}</dd></div>", escaped(value))
}

fn passes(totals: &ColumnTotals) -> String {
    format!("<span class=\"facts\">{} of {} passed</span>", totals.passes, totals.all())
}

/// The cell that says which test a row is.
fn head(result: &CellResult, totals: &Totals) -> String {
    let description = result.description.as_deref();
    let description = description.map(|text| format!("<p>{}</p>", escaped(text))).unwrap_or_default();
    let values = totals.variables.iter().filter_map(|name| Some((name, result.variables.get(name)?)));
    let list: Vec<String> = values
        .map(|(name, value)| {
            let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            format!("<dt>{}</dt><dd><pre>{}</pre></dd>", escaped(name), escaped(&shown))
        })
        .collect();
    let number = result.row + 1;
    let list = within("dl", &list);
    format!("<th scope=\"row\"><span class=\"facts\">{number}</span>{description}{list}</th>")
}

/// Items in an element, or nothing where there are none.
fn within(element: &str, items: &[String]) -> String {
    if items.is_empty() { String::new() } else { format!("<{element}>{}</{element}>", items.concat()) }
}

fn cell(result: &CellResult) -> String {
    let status = result.status();
    let word = status.as_str();
    let mut facts = vec![format!("score {:.2}", result.score())];
    if result.cached {
        facts.push("cached".into());
    } else if let Some(latency) = result.latency_ms {
        facts.push(duration(latency));
    }
    if let Some(cost) = result.cost_usd.filter(|cost| *cost > 0.0) {
        facts.push(format!("${cost:.6}"));
    }
    let answer = result.completion.as_ref().map(|it| format!("<pre>{}</pre>", escaped(&it.content)));
    let reason =
        (status != Status::Pass).then(|| format!("<p class=\"reason\">{}</p>", escaped(result.reason())));
    let outcomes: Vec<String> = result.judgement.outcomes.iter().map(outcome).collect();
    format!(
        "<td class=\"{}\"><b>{word}</b> <span class=\"facts\">{}</span>{}{}<details><summary>Details</summary>{}\
         <h2>Prompt</h2><pre>{}</pre>{}</details></td>",
        word.to_lowercase(),
        facts.join(" · "),
        answer.unwrap_or_default(),
        reason.unwrap_or_default(),
        within("ul", &outcomes),
        escaped(&result.prompt),
        thinking(result),
    )
}

fn thinking(result: &CellResult) -> String {
    let thinking = result.completion.as_ref().and_then(|completion| completion.thinking.as_deref());
    thinking.map(|text| format!("<h2>Thinking</h2><pre>{}</pre>", escaped(text))).unwrap_or_default()
}

fn outcome(outcome: &Outcome) -> String {
    let class = match outcome.verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "fail",
        Verdict::Error | Verdict::Invalid => "error",
    };
    let inner: Vec<String> = outcome.outcomes.iter().map(self::outcome).collect();
    let inner = within("ul", &inner);
    format!(
        "<li class=\"{class}\"><b>{}</b> <code>{}</code> {}{inner}</li>",
        class.to_uppercase(),
        escaped(&outcome.assertion_type),
        escaped(&outcome.reason)
    )
}

fn first_line(text: &str) -> String {
    let line: String = text.lines().next().unwrap_or_default().chars().take(100).collect();
    if line.len() < text.len() { format!("{line}…") } else { line }
}

fn duration(milliseconds: i64) -> String {
    if milliseconds < 10_000 {
        return format!("{milliseconds} ms");
    }
    format!("{} s", milliseconds / 1000)
}
