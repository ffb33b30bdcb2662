//! What the command line makes of results: files, a table, a few lines. Where the results come from is all the
//! same to it.
//!
//! ```text
//! let mut report = Report::begin(outputs)?;    // says at once which file cannot be written
//! report.add(&result)?;                        // in any order, as they come
//! let reported = report.finish(&run)?;         // writes the files
//! reported.show(&run, Some(table::CELL), "")?;
//! ```

mod output;
pub(crate) mod progress;
mod spool;
pub(crate) mod summary;
pub(crate) mod table;
pub(crate) mod terminal;

use std::io;

use formats::results::{CellResult, Run, Status, Totals, for_terminal};

use output::Output;
pub(crate) use output::Unwritten;
use spool::Spool;

/// Most rows of the table.
pub(crate) const ROWS: usize = 25;
/// Most results that are told below the table because they do not pass.
pub(crate) const TOLD: usize = 20;

/// Takes results in as they come. They are kept in a file without a name until all are there: what stands first in a
/// table depends on the last of them.
pub(crate) struct Report {
    outputs: Vec<Output>,
    spool: Spool,
}

/// What became of the results.
pub(crate) struct Reported {
    /// What they add up to.
    pub(crate) totals: Totals,
    /// Those of the first rows, in order.
    pub(crate) first: Vec<CellResult>,
    /// The first of the others that do not pass.
    pub(crate) not_passed: Vec<CellResult>,
    /// The files that were written.
    pub(crate) written: Vec<String>,
    /// The files that could not be.
    pub(crate) unwritten: Vec<Unwritten>,
}

impl Report {
    /// Looks at the files that are to be written, so that none is found wanting when the results are there.
    pub(crate) fn begin(outputs: &[String]) -> anyhow::Result<Self> {
        let outputs = outputs.iter().map(|path| Output::look_at(path)).collect::<anyhow::Result<_>>()?;
        Ok(Self { outputs, spool: Spool::new()? })
    }

    /// Takes a result in.
    pub(crate) fn add(&mut self, result: &CellResult) -> io::Result<()> {
        self.spool.add(result)
    }

    /// Counts all results and writes the files. One that cannot be written leaves the others alone.
    pub(crate) fn finish(self, run: &Run) -> io::Result<Reported> {
        let Self { outputs, spool } = self;
        let mut results = spool.read()?;
        let mut totals = Totals::new(run.columns.len());
        let (mut first, mut not_passed) = (Vec::new(), Vec::new());
        results.each(|result| {
            totals.add(&result);
            if totals.rows <= ROWS {
                first.push(result);
            } else if result.status() != Status::Pass && not_passed.len() < TOLD {
                not_passed.push(result);
            }
            Ok(())
        })?;
        let (written, unwritten) = output::write_all(outputs, run, &totals, &mut results)?;
        Ok(Reported { totals, first, not_passed, written, unwritten })
    }
}

impl Reported {
    /// Shows it on standard output: a table if one is wanted, with so many characters a cell at most; what did not pass;
    /// a remark on all of it; what it adds up to. Files that could not be written are named on standard error.
    pub(crate) fn show(&self, run: &Run, table: Option<usize>, remark: &str) -> io::Result<()> {
        let mut text = String::new();
        if let Some(cell) = table.filter(|_| !self.first.is_empty()) {
            text.push_str(&table::draw(run, self, cell, terminal::Look::of_stdout()));
            text.push_str(&summary::rows_left(self));
        }
        text.push_str(&summary::not_passed(run, self, table.is_some()));
        text.push_str(remark);
        text.push_str(&summary::totals(run, self));
        terminal::print(&text)?;
        for Unwritten { name, error } in &self.unwritten {
            terminal::say(&format!("promptcards: {} could not be written: {error}", for_terminal(name)));
        }
        Ok(())
    }
}
