//! A table with promptfoo's columns: a row for each test, seven columns for each prompt and provider.

use std::borrow::Cow;
use std::io::{self, Write};

use serde_json::{Map, Value};

use super::{CellResult, Run, Totals};

/// The row that is being put together.
pub(super) struct Csv {
    row: Option<usize>,
    cells: Vec<String>,
    /// The metrics that have a column.
    metrics: Vec<String>,
}

/// Most metrics that have a column. A config may name one for each test; `Named Scores` has them all.
const METRICS_LIMIT: usize = 100;

/// Columns of each prompt and provider beside those of its metrics.
const WIDTH: usize = 6;

impl Csv {
    pub(super) fn begin(out: &mut impl Write, run: &Run, totals: &Totals) -> io::Result<Self> {
        let metrics: Vec<String> =
            totals.metrics().into_iter().take(METRICS_LIMIT).map(str::to_owned).collect();
        let mut names: Vec<String> = Vec::new();
        if totals.has_descriptions {
            names.push("Description".into());
        }
        names.extend(totals.variables.iter().map(|name| cell(name).into_owned()));
        for column in &run.columns {
            names.push(cell(&column.title()).into_owned());
            names.extend(["Status", "Score", "Named Scores"].map(str::to_owned));
            names.extend(metrics.iter().map(|metric| cell(&format!("Metric: {metric}")).into_owned()));
            names.extend(["Grader Reason", "Comment"].map(str::to_owned));
        }
        writeln!(out, "{}", names.join(","))?;
        Ok(Self { row: None, cells: Vec::new(), metrics })
    }

    pub(super) fn write(
        &mut self,
        out: &mut impl Write,
        result: &CellResult,
        run: &Run,
        totals: &Totals,
    ) -> io::Result<()> {
        let before = totals.variables.len() + usize::from(totals.has_descriptions);
        let width = WIDTH + self.metrics.len();
        if self.row != Some(result.row) {
            self.end_row(out)?;
            self.row = Some(result.row);
            // Cells of results that are missing stay empty.
            self.cells = vec![String::new(); before + width * run.columns.len()];
            let description =
                totals.has_descriptions.then(|| result.description.as_deref().unwrap_or_default());
            let values = totals.variables.iter().map(|name| match result.variables.get(name) {
                None => String::new(),
                Some(Value::String(text)) => cell(text).into_owned(),
                Some(other) => cell(&other.to_string()).into_owned(),
            });
            let first = description.map(|text| cell(text).into_owned()).into_iter().chain(values);
            self.cells.iter_mut().zip(first).for_each(|(place, text)| *place = text);
        }
        let scores = &result.judgement.metric_scores;
        let named: Map<String, Value> =
            scores.iter().map(|metric| (metric.metric.clone(), metric.score.into())).collect();
        let mut texts = vec![
            cell(result.output()).into_owned(),
            result.status().as_str().to_owned(),
            format!("{:.2}", result.score()),
            if named.is_empty() {
                String::new()
            } else {
                quoted(&Value::Object(named).to_string()).into_owned()
            },
        ];
        texts.extend(self.metrics.iter().map(|name| {
            let found = scores.iter().find(|metric| metric.metric == *name);
            found.map(|metric| format!("{:.2}", metric.score)).unwrap_or_default()
        }));
        texts.push(cell(result.reason()).into_owned());
        let places = self.cells.iter_mut().skip(before + width * result.column);
        places.zip(texts).for_each(|(place, text)| *place = text);
        Ok(())
    }

    pub(super) fn finish(mut self, out: &mut impl Write) -> io::Result<()> {
        self.end_row(out)
    }

    fn end_row(&mut self, out: &mut impl Write) -> io::Result<()> {
        if self.row.is_some() { writeln!(out, "{}", self.cells.join(",")) } else { Ok(()) }
    }
}

/// A text as a cell. One that a spreadsheet would take for a formula gets a `'` before it.
fn cell(text: &str) -> Cow<'_, str> {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']) && text.parse::<f64>().is_err();
    if !is_formula {
        return quoted(text);
    }
    let guarded = format!("'{text}");
    Cow::Owned(quoted(&guarded).into_owned())
}

/// A text in quotes, if a reader would otherwise take it for more than one cell.
fn quoted(text: &str) -> Cow<'_, str> {
    if !text.contains([',', '"', '\n', '\r']) && text.trim() == text {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("\"{}\"", text.replace('"', "\"\"")))
}
