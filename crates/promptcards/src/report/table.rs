//! The first rows as a table that fits the terminal.

use std::fmt::Write;

use comfy_table::presets::UTF8_FULL;
use comfy_table::{Attribute, Cell, Color, ContentArrangement, Row, Table};
use formats::results::{CellResult, Run, Status, for_terminal};
use serde_json::Value;

use super::Reported;
use super::terminal::Look;

/// Most characters of a cell where nothing else is said, as in promptfoo.
pub(crate) const CELL: usize = 250;
/// A column that is narrower cannot be read.
const NARROWEST: usize = 16;

/// Draws the table. Columns that do not fit are left out, and counted below it.
pub(crate) fn draw(run: &Run, reported: &Reported, most: usize, look: Look) -> String {
    let names: Vec<&str> = reported.totals.variables.iter().map(String::as_str).collect();
    let fitting = (usize::from(look.width) / NARROWEST).max(1);
    // One variable at least, where there are any: they say which test a row is.
    let outputs = run.columns.len().min(fitting.saturating_sub(names.len().min(1)).max(1));
    let variables = names.len().min(fitting.saturating_sub(outputs));
    let left_out = names.len() + run.columns.len() - outputs - variables;
    let names = &names[..variables];

    let mut table = Table::new();
    table.load_style(UTF8_FULL).set_content_arrangement(ContentArrangement::Dynamic).set_width(look.width);
    if look.colours {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    let bold = |text: &str| Cell::new(cut(text, most)).add_attribute(Attribute::Bold);
    let titles = run.columns[..outputs].iter().map(|column| bold(&column.title()));
    table.set_header(names.iter().map(|name| bold(name)).chain(titles).collect::<Vec<_>>());
    for row in reported.first.chunk_by(|one, other| one.row == other.row) {
        table.add_row(row_of(row, names, outputs, most));
    }
    let mut text = format!("{table}\n");
    if left_out > 0 {
        let what = if left_out == 1 { "column does" } else { "columns do" };
        let _ = writeln!(text, "{left_out} more {what} not fit here; -o results.html shows all");
    }
    text
}

fn row_of(results: &[CellResult], names: &[&str], outputs: usize, most: usize) -> Row {
    let variables = results.first().map(|result| &result.variables);
    let value = |name: &str| match variables.and_then(|variables| variables.get(name)) {
        None => String::new(),
        Some(Value::String(text)) => cut(text, most),
        Some(other) => cut(&other.to_string(), most),
    };
    let answer = |column: usize| match results.iter().find(|result| result.column == column) {
        None => Cell::new(""),
        Some(result) => answer_of(result, most),
    };
    names.iter().map(|name| Cell::new(value(name))).chain((0..outputs).map(answer)).collect::<Vec<_>>().into()
}

fn answer_of(result: &CellResult, most: usize) -> Cell {
    let status = result.status();
    let word = status.as_str();
    let (text, colour) = match status {
        Status::Pass => (format!("[{word}] {}", cut(result.output(), most)), None),
        Status::Fail => {
            let (reason, output) = (cut(result.reason(), most), cut(result.output(), most));
            (format!("[{word}] {reason}\n---\n{output}"), Some(Color::Red))
        }
        Status::Error | Status::Invalid => {
            (format!("[{word}] {}", cut(result.reason(), most)), Some(Color::Yellow))
        }
    };
    let cell = Cell::new(text);
    match colour {
        Some(colour) => cell.fg(colour),
        None => cell,
    }
}

/// The beginning of a text, which a terminal shows and does not obey.
fn cut(text: &str, most: usize) -> String {
    let beginning = match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    };
    // A tab has no width that could be counted.
    for_terminal(&beginning).replace('\t', "    ")
}
