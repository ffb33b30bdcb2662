//! How far it is: a line that is written over on a terminal; elsewhere one for each tenth, and none for what is done
//! in a moment.

use std::fmt::Write as _;
use std::time::Duration;

use formats::results::Status;
use tokio::time::Instant;

use super::summary::{duration, grouped};
use super::terminal;

/// How often the line is written over at most.
const PAUSE: Duration = Duration::from_millis(100);
/// How often a line is added at most.
const LONG_PAUSE: Duration = Duration::from_secs(1);
/// Characters of the bar.
const BAR: u64 = 20;

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Nowhere,
    InPlace,
    InLines,
}

/// Counts what is done and shows it on standard error.
pub(crate) struct Progress {
    shown: Shown,
    of: u64,
    done: u64,
    passed: u64,
    failed: u64,
    errors: u64,
    /// The tenth that the last line was for.
    told: u64,
    begun: Instant,
    written: Option<Instant>,
}

impl Progress {
    /// Of so many cells. `wanted`: whether it is shown.
    pub(crate) fn begin(of: usize, wanted: bool) -> Self {
        let shown = match wanted {
            false => Shown::Nowhere,
            true if terminal::has_live_line() => Shown::InPlace,
            true => Shown::InLines,
        };
        let begun = Instant::now();
        Self { shown, of: of as u64, done: 0, passed: 0, failed: 0, errors: 0, told: 0, begun, written: None }
    }

    /// One more is done.
    pub(crate) fn add(&mut self, status: Status) {
        self.done += 1;
        match status {
            Status::Pass => self.passed += 1,
            Status::Fail => self.failed += 1,
            Status::Error | Status::Invalid => self.errors += 1,
        }
        self.show();
    }

    fn show(&mut self) {
        match self.shown {
            Shown::InPlace => self.tick(),
            // The last line is that of the totals.
            Shown::InLines if self.tenth() > self.told && self.done < self.of => self.tell(),
            Shown::InLines | Shown::Nowhere => {}
        }
    }

    /// So many are done by now, as somebody else has counted them.
    pub(crate) fn put(&mut self, passed: u64, failed: u64, errors: u64) {
        (self.passed, self.failed, self.errors) = (passed, failed, errors);
        self.done = passed + failed + errors;
        self.show();
    }

    /// Writes the line again, unless it was written a moment ago.
    pub(crate) fn tick(&mut self) {
        let is_due = self.written.is_none_or(|written| written.elapsed() >= PAUSE);
        if self.shown == Shown::InPlace && is_due {
            let filled = (self.done * BAR).checked_div(self.of).unwrap_or(BAR);
            let bar: String = (0..BAR).map(|at| if at < filled { '█' } else { '░' }).collect();
            terminal::write_over(&format!("{bar} {}", self.line()));
            self.written = Some(Instant::now());
        }
    }

    fn tell(&mut self) {
        if self.written.unwrap_or(self.begun).elapsed() >= LONG_PAUSE {
            terminal::say(&self.line());
            (self.told, self.written) = (self.tenth(), Some(Instant::now()));
        }
    }

    /// Takes the line away.
    pub(crate) fn end(&self) {
        if self.shown == Shown::InPlace && self.written.is_some() {
            terminal::wipe();
        }
    }

    fn tenth(&self) -> u64 {
        (self.done * 10).checked_div(self.of).unwrap_or(10)
    }

    fn line(&self) -> String {
        let Self { of, done, passed, failed, errors, .. } = *self;
        let elapsed = self.begun.elapsed();
        let mut line = format!(
            "{} of {}: {} passed, {} failed, {} errors",
            grouped(done),
            grouped(of),
            grouped(passed),
            grouped(failed),
            grouped(errors),
        );
        if done > 0 && done < of && elapsed.as_secs() > 0 {
            let left = elapsed.as_millis() * u128::from(of - done) / u128::from(done);
            let left = duration(i64::try_from(left).unwrap_or(i64::MAX));
            let _ = write!(line, ", about {left} left");
        }
        line
    }
}
