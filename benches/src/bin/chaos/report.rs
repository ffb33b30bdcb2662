//! The table at the end.

use std::fmt::Write as _;
use std::time::Duration;

use crate::tally::{Tally, Wrong};

/// How many model calls are under way at once, at most, and are made again after a kill or lost with a cancel.
const UNDER_WAY: u64 = 50;

/// Calls that were made and belong to no cell that is stored: those that a kill took, that were cancelled, or that
/// were sent twice because their connection broke.
fn beyond(tally: &Tally) -> (u64, u64) {
    let most = UNDER_WAY * (tally.kills.get() + tally.cancelled.get()) + tally.model_faults.get();
    (tally.calls.get().saturating_sub(tally.attempts.get()), most)
}

/// More calls than the faults explain are wrong: models are slow, and calls cost.
pub(crate) fn judge_calls(tally: &Tally) {
    let (beyond, most) = beyond(tally);
    if beyond > most {
        tally.wrong(Wrong::Duplicate, &format!("{beyond} calls belong to no cell, at most {most} may"));
    }
}

pub(crate) fn table(tally: &Tally, took: Duration) -> String {
    let mut text = "| what | |\n|---|---|\n".to_owned();
    let mut row = |what: &str, figure: String| {
        // Writing into memory does not fail.
        let _ = writeln!(text, "| {what} | {figure} |");
    };
    row("time", format!("{:.0} s", took.as_secs_f64()));
    let rounds = tally.rounds();
    let kinds = rounds.iter().map(|(kind, count)| format!("{} {count}", kind.name()));
    row("rounds", rounds.values().sum::<u64>().to_string());
    row("faults by kind", kinds.collect::<Vec<_>>().join(", "));
    row("kills", tally.kills.get().to_string());
    row("snapshots of the disk", tally.snapshots.get().to_string());
    row("faults of model servers", tally.model_faults.get().to_string());
    row("acknowledged writes", tally.acknowledged.get().to_string());
    row("runs that came to their end", format!("{}, {} cancelled", tally.runs.get(), tally.cancelled.get()));
    row("results seen", tally.seen.get().to_string());
    row("requests refused with 503 and a time", tally.refused.get().to_string());
    let (beyond, most) = beyond(tally);
    row("model calls beyond the attempts of the cells", format!("{beyond} of {most} that may be"));
    for (kind, longest) in tally.longest() {
        let what = format!("longest until the runs went on after `{}`", kind.name());
        row(&what, format!("{:.2} s", longest.as_secs_f64()));
    }
    for (what, wrong) in [
        ("losses", Wrong::Loss),
        ("duplicates", Wrong::Duplicate),
        ("wrong states", Wrong::State),
        ("wrong answers", Wrong::Answer),
        ("delays", Wrong::Delay),
    ] {
        row(what, tally.found(wrong).to_string());
    }
    text
}
