//! Which rows of a run's matrix a filter and a search leave.
//!
//! That looks at every cell of the run, and a search at every answer. Of a run that has ended it is kept: people go to
//! and fro between filters, and the page asks for one before it is chosen.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use cache::{Key, Kind};
use domain::ids::{RunId, WorkspaceId};
use domain::test_case::CaseContent;
use serde::{Deserialize, Serialize};
use store::Conn;
use store::runs::RunRow;
use utoipa::ToSchema;

use super::queries::row;
use super::view::Rows;
use crate::Engine;
use crate::error::Result;

/// How many texts a search reads at once.
const CHUNK: i64 = 1_000;

/// Which rows of the matrix to show.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RowFilter {
    /// All.
    #[default]
    All,
    /// Rows with a cell that passed.
    Pass,
    /// Rows with a cell that failed.
    Fail,
    /// Rows with a cell of which we could not find out.
    Error,
    /// Rows with a cell that cannot be judged.
    Invalid,
    /// Rows with a finished cell of which nothing was asked.
    Unjudged,
    /// Rows whose columns disagree: at least one passed and one failed.
    Different,
    /// Rows of cases whose repeats disagree within a column.
    Flaky,
}

impl Engine {
    /// The rows that a filter and a search leave. A search looks at descriptions, variables and outputs,
    /// whatever their case.
    pub async fn run_rows(
        &self,
        workspace: WorkspaceId,
        run: RunId,
        filter: RowFilter,
        search: Option<String>,
    ) -> Result<Rows> {
        let search = search.map(|text| text.trim().to_lowercase()).filter(|text| !text.is_empty());
        // Whatever is kept: that there is such a run is read, and with it the number that every change of it raises.
        let run = self.store.try_read(move |conn| row(conn, workspace, run)).await?;
        if filter == RowFilter::All && search.is_none() {
            let total = i64::from(run.matrix.rows());
            return Ok(Rows { rows: None, total, matched: total });
        }
        let Some(key) = key(&run, filter, search.as_deref())? else {
            return self.find_rows(&run, filter, search.as_deref()).await;
        };
        let made = async {
            let rows = self.find_rows(&run, filter, search.as_deref()).await?;
            Result::Ok(Bytes::from(serde_json::to_vec(&rows)?))
        };
        let kept = self.cache.get_or_make(&key, made).await?;
        match serde_json::from_slice(&kept) {
            Ok(rows) => Ok(rows),
            Err(error) => {
                tracing::warn!(run = %run.id, %error, "kept rows of a run cannot be read; they are found again");
                self.find_rows(&run, filter, search.as_deref()).await
            }
        }
    }

    async fn find_rows(&self, run: &RunRow, filter: RowFilter, search: Option<&str>) -> Result<Rows> {
        let (run, search) = (run.clone(), search.map(str::to_owned));
        self.store
            .try_read(move |conn| {
                let mut rows = filtered_rows(conn, &run, filter)?;
                if let Some(search) = &search {
                    let found = found_rows(conn, &run, search)?;
                    rows.retain(|row| found.contains(row));
                }
                let matched = i64::try_from(rows.len()).unwrap_or(i64::MAX);
                Ok(Rows { rows: Some(rows.into_iter().collect()), total: run.matrix.rows().into(), matched })
            })
            .await
    }
}

/// What the rows are kept under. None: the run has not ended, and each further cell would make them void.
///
/// The number of its last event is raised by whatever changes a run. A database that was restored goes on from an
/// older number: then the time of the end is another.
fn key(run: &RunRow, filter: RowFilter, search: Option<&str>) -> Result<Option<Key>> {
    let Some(ended) = run.finished_at else { return Ok(None) };
    let part = serde_json::to_vec(&(ended, filter, search))?;
    Ok(Some(Key::new(Kind::RunRows, run.id.to_bits(), run.event_seq, &part)))
}

fn filtered_rows(conn: &mut Conn, run: &RunRow, filter: RowFilter) -> Result<BTreeSet<i64>> {
    let matrix = run.matrix;
    if filter == RowFilter::All {
        return Ok((0..i64::from(matrix.rows())).collect());
    }
    let mut rows = BTreeSet::new();
    // Which of pass and fail were seen, by row or by case and column.
    let mut seen: BTreeMap<(i64, i64), (bool, bool, BTreeSet<i64>)> = BTreeMap::new();
    for (id, verdict) in store::cells::verdicts(conn, run.cells)? {
        let position = u64::try_from(run.cells.position(id));
        let Some(at) = position.ok().and_then(|position| matrix.coordinates(position)) else {
            continue;
        };
        let row = i64::from(matrix.row(at));
        let verdict = verdict.as_deref();
        let group = match filter {
            RowFilter::Different => (row, 0),
            RowFilter::Flaky => (i64::from(at.case), i64::from(matrix.column(at))),
            _ => {
                if verdict == wanted(filter) {
                    rows.insert(row);
                }
                continue;
            }
        };
        let (passed, failed, members) = seen.entry(group).or_default();
        *passed |= verdict == Some("pass");
        *failed |= verdict == Some("fail");
        members.insert(row);
    }
    rows.extend(
        seen.into_values().filter(|(passed, failed, _)| *passed && *failed).flat_map(|group| group.2),
    );
    Ok(rows)
}

fn wanted(filter: RowFilter) -> Option<&'static str> {
    match filter {
        RowFilter::Pass => Some("pass"),
        RowFilter::Fail => Some("fail"),
        RowFilter::Error => Some("error"),
        RowFilter::Invalid => Some("invalid"),
        RowFilter::All | RowFilter::Unjudged | RowFilter::Different | RowFilter::Flaky => None,
    }
}

fn found_rows(conn: &mut Conn, run: &RunRow, search: &str) -> Result<BTreeSet<i64>> {
    let mut rows = BTreeSet::new();
    let repeats = i64::from(run.matrix.repeats);
    let mut from = 0;
    loop {
        let cases = store::run_inputs::cases(conn, run.id, from, from + CHUNK)?;
        let Some(last) = cases.last() else { break };
        from = last.position + 1;
        for case in &cases {
            let content: CaseContent = serde_json::from_str(&case.content)?;
            if content.contains_text(search) {
                rows.extend(case.position * repeats..(case.position + 1) * repeats);
            }
        }
    }
    let mut after = -1;
    loop {
        let outputs = store::cell_results::outputs(conn, run.cells, after, CHUNK)?;
        let Some((last, _)) = outputs.last() else { break };
        after = run.cells.position(*last);
        for (id, output) in outputs {
            let position = u64::try_from(run.cells.position(id));
            let at = position.ok().and_then(|position| run.matrix.coordinates(position));
            if let Some(at) = at
                && output.to_lowercase().contains(search)
            {
                rows.insert(run.matrix.row(at).into());
            }
        }
    }
    Ok(rows)
}
