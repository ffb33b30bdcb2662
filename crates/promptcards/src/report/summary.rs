//! What results add up to, in a few lines.

use std::borrow::Cow;
use std::fmt::Write;

use formats::results::{CellResult, Run, Status, for_terminal};

use super::{ROWS, Reported, TOLD};

/// Most characters of a reason.
const REASON: usize = 300;

/// The results that do not pass and stand in no table, each in a line or two.
pub(crate) fn not_passed(run: &Run, reported: &Reported, with_table: bool) -> String {
    let of_first = reported.first.iter().filter(|result| !with_table && result.status() != Status::Pass);
    let listed: Vec<&CellResult> = of_first.chain(&reported.not_passed).take(TOLD).collect();
    let mut text = String::new();
    for result in &listed {
        let title = run.columns.get(result.column).map(formats::results::Column::title).unwrap_or_default();
        let description = result.description.as_deref().map(|text| format!(" ({text})")).unwrap_or_default();
        let _ = writeln!(
            text,
            "{:<7} test {}{} {}\n        {}",
            result.status().as_str(),
            result.row + 1,
            line(&description, 100),
            line(&title, 100),
            line(result.reason(), REASON),
        );
    }
    let all = reported.totals.all();
    let shown_above = reported.first.iter().filter(|result| with_table && result.status() != Status::Pass);
    let rest = (all.all() - all.passes).saturating_sub((listed.len() + shown_above.count()) as u64);
    if rest > 0 {
        let _ = writeln!(text, "… and {} more that do not pass; -o results.html shows all", grouped(rest));
    }
    text
}

/// How many passed, how long it took, which files there are now.
pub(crate) fn totals(run: &Run, reported: &Reported) -> String {
    let (all, totals) = (reported.totals.all(), &reported.totals);
    let mut text = format!(
        "{} of {} passed ({:.1} %)",
        grouped(all.passes),
        grouped(all.all()),
        floor(totals.pass_rate())
    );
    for (count, word) in [(all.fails, "failed"), (all.errors, "errors"), (all.invalids, "invalid")] {
        if count > 0 {
            let _ = write!(text, ", {} {word}", grouped(count));
        }
    }
    let _ = writeln!(text, " in {}", duration(run.duration_ms));
    let tokens = [
        (all.prompt_tokens, "of prompts"),
        (all.completion_tokens, "of answers"),
        (all.cached_tokens, "from the cache"),
    ];
    let tokens: Vec<String> = tokens
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{} {what}", grouped(count.unsigned_abs())))
        .collect();
    if !tokens.is_empty() {
        let _ = writeln!(text, "Tokens: {}", tokens.join(", "));
    }
    if !reported.written.is_empty() {
        let _ = writeln!(text, "Written: {}", for_terminal(&reported.written.join(", ")));
    }
    text
}

/// That a table does not show all rows.
pub(crate) fn rows_left(reported: &Reported) -> String {
    match reported.totals.rows.saturating_sub(ROWS) {
        0 => String::new(),
        1 => "… and 1 more row\n".to_owned(),
        left => format!("… and {} more rows\n", grouped(left as u64)),
    }
}

/// One decimal, and 100 only where nothing is missing.
fn floor(rate: f64) -> f64 {
    (rate * 10.0).floor() / 10.0
}

/// A text in one line, cut where it is too long.
pub(crate) fn line(text: &str, most: usize) -> String {
    let text: Cow<'_, str> = for_terminal(text);
    let mut short: String =
        text.chars().take(most).map(|sign| if sign.is_control() { ' ' } else { sign }).collect();
    if text.chars().nth(most).is_some() {
        short.pop();
        short.push('…');
    }
    short
}

pub(crate) fn duration(milliseconds: i64) -> String {
    let seconds = milliseconds / 1000;
    match seconds {
        ..1 => format!("{milliseconds} ms"),
        1..60 => format!("{}.{} s", seconds, milliseconds % 1000 / 100),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

/// A number with its thousands apart.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_times_are_for_people() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([7, 1000, 61_500, 3_720_000].map(duration), ["7 ms", "1.0 s", "1 min 1 s", "1 h 2 min"]);
        assert_eq!((floor(99.96).to_string(), floor(100.0).to_string()), ("99.9".into(), "100".into()));
    }

    #[test]
    fn a_line_holds_no_line_break_and_no_escape() {
        assert_eq!(line("a\nb\u{1b}[2J", 20), "a b␛[2J");
        assert_eq!(line("äöüß", 3), "äö…");
    }
}
