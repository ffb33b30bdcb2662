//! Compares what was acknowledged and seen with what the server has.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::time::timeout;

use crate::client::Client;
use crate::tally::{Tally, Wrong};
use crate::workload::{Known, Workload};

/// How long it may take until all that is under way has come to its end.
const QUIET: Duration = Duration::from_secs(45);

/// Compares with the server that runs: what was written since the last time, and the runs that are there.
pub(crate) async fn compare_now(workload: &Workload, all: bool) -> Result<()> {
    let shared = &workload.shared;
    let closed = timeout(QUIET, shared.gate.write()).await;
    let _closed = closed.context("something that was begun does not end")?;
    let known = workload.known();
    let cells = compare(&known, &shared.client, &shared.tally, all).await;
    for (number, (run, cells)) in cells.iter().enumerate() {
        workload.seen(number, run, cells);
    }
    workload.forget_touched();
    Ok(())
}

/// Compares with a server. Returns the run of each provider that is under way, and its cells.
pub(crate) async fn compare(
    known: &Known,
    client: &Client,
    tally: &Tally,
    all: bool,
) -> Vec<(String, Vec<serde_json::Value>)> {
    for cards in &known.cards {
        cards.compare(client, all, tally).await;
    }
    let mut under_way = Vec::new();
    for runs in &known.runs {
        let ended = runs.ended.iter().rev().take(if all { usize::MAX } else { 1 });
        for run in ended {
            run.compare(client, tally).await;
        }
        for removed in runs.removed.iter().rev().take(if all { usize::MAX } else { 1 }) {
            let answer = client.get(&format!("W/runs/{removed}")).await;
            if answer.status != 404 {
                tally.wrong(Wrong::Loss, &format!("run {removed} was removed and is there again"));
            }
        }
        under_way.push(match &runs.current {
            Some(run) => (run.id.clone(), run.compare(client, tally).await),
            None => (String::new(), Vec::new()),
        });
    }
    under_way
}

/// Has `SQLite` look through the file of a database.
pub(crate) fn check_file(data: &Path, tally: &Tally) {
    let found = rusqlite::Connection::open(data.join("promptcards.db"))
        .and_then(|file| file.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0)));
    match found {
        Ok(found) if found == "ok" => {}
        Ok(found) => tally.wrong(Wrong::Loss, &format!("the database is not whole: {found}")),
        Err(error) => tally.wrong(Wrong::Loss, &format!("the database cannot be read: {error}")),
    }
}
