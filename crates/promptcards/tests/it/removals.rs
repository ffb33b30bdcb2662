//! How a run is taken away: in small steps, whatever happens in between, and the file shrinks.

use std::time::Duration;

use domain::ids::{IdSource, InstanceId, RunId};
use domain::run::RunState;
use store::removals::{self, STEP_ROWS, Step};
use store::runs::RunRow;
use store::{Conn, Sql, Store};
use testkit::{CountedIds, History, PastRun};

use crate::retention::{LARGE, Past, open};

async fn mark(past: &Past, run: RunId) -> RunRow {
    let workspace = past.history.workspace;
    assert!(past.store.write(move |conn| removals::mark(conn, workspace, run)).await.unwrap());
    past.store.read(removals::next_marked).await.unwrap().unwrap()
}

/// Takes the next step. Returns it with the rows that it removed.
async fn step(store: &Store, run: &RunRow) -> (Step, u64) {
    let row = run.clone();
    let step = store.read(move |conn| removals::next_step(conn, &row)).await.unwrap();
    let (row, taken) = (run.clone(), step.clone());
    let rows = store.write(move |conn| removals::take_step(conn, &row, &taken)).await.unwrap();
    (step, rows)
}

async fn ask<T: store::FromRow + Send + 'static>(store: &Store, sql: Sql) -> T {
    store.read(move |conn| conn.query_one(sql, &[])).await.unwrap()
}

#[tokio::test]
async fn no_step_removes_more_rows_than_a_write_may_wait_for() {
    let past = Past::begin().await;
    let run = past.run(0, PastRun { cases: 5_000, ..PastRun::default() }).await;
    let rows = u64::try_from(History::rows(&past.store).await).unwrap();
    let run = mark(&past, run).await;
    let (mut steps, mut removed) = (0, 0);
    loop {
        let (step, rows) = step(&past.store, &run).await;
        assert!((1..=STEP_ROWS as u64).contains(&rows), "{step:?} removed {rows} rows");
        (steps, removed) = (steps + 1, removed + rows);
        if step == Step::Run {
            break;
        }
    }
    assert_eq!(removed, rows, "each row is removed once");
    assert!((13..40).contains(&steps), "{steps} steps for {rows} rows");
    assert_eq!(History::rows(&past.store).await, 0);
}

#[tokio::test]
async fn long_answers_are_removed_a_few_at_a_time() {
    let past = Past::begin().await;
    let run = past.run(0, PastRun { cases: 5, output_bytes: 2 << 20, ..PastRun::default() }).await;
    let huge = past.run(0, PastRun { cases: 1, output_bytes: 9 << 20, ..PastRun::default() }).await;
    for (run, cells) in [(run, 1), (huge, 1)] {
        let run = mark(&past, run).await;
        let (step, _) = step(&past.store, &run).await;
        assert_eq!(step, Step::Cells(run.cells.first..run.cells.first + cells));
        while self::step(&past.store, &run).await.0 != Step::Run {}
    }
    assert_eq!(History::rows(&past.store).await, 0);
}

#[tokio::test]
async fn a_sweep_takes_one_step_a_write() {
    let past = Past::begin().await;
    let running = past.start(0, 0).await;
    running.engine.sweep().await.unwrap();
    let run = past.run(0, PastRun { cases: 2_000, ..PastRun::default() }).await;
    let rows = History::rows(&past.store).await;
    mark(&past, run).await;
    let swept = running.engine.sweep().await.unwrap();
    assert_eq!((swept.runs, swept.rows), (1, u64::try_from(rows).unwrap()));
    assert!(swept.most_rows <= STEP_ROWS as u64, "{swept:?}");
}

#[tokio::test]
async fn a_removal_that_was_cut_short_is_invisible_and_is_finished_after_the_next_start() {
    let past = Past::begin().await;
    let (first, second) = (past.run(0, LARGE).await, past.run(0, LARGE).await);
    let rows_of_one = History::rows(&past.store).await / 2;
    let run = mark(&past, first).await;
    step(&past.store, &run).await;
    assert!(History::rows(&past.store).await < 2 * rows_of_one);
    past.store.close(Duration::from_secs(20)).await.unwrap();

    let store = open(&past.folder);
    let past = Past { store, ..past };
    let workspace = past.history.workspace;
    let seen = past.store.read(move |conn| store::runs::get(conn, workspace, first)).await.unwrap();
    assert!(seen.is_none());
    assert!(History::rows(&past.store).await > rows_of_one, "half of it is there");
    let running = past.start(0, 0).await;
    assert_eq!(past.numbers(&running).await, [2]);
    running.engine.sweep().await.unwrap();
    assert_eq!(History::rows(&past.store).await, rows_of_one);
    assert_eq!(running.engine.run(workspace, second).await.unwrap().counts.pass, 890);
}

#[tokio::test]
async fn a_step_never_touches_a_run_that_is_not_marked() {
    let past = Past::begin().await;
    let run = past.run(0, PastRun::default()).await;
    let rows = History::rows(&past.store).await;
    let row = past.store.read(move |conn| store::runs::find(conn, run)).await.unwrap().unwrap();
    let end = row.cells.first + row.cells.count;
    for step in [Step::Cells(0..end), Step::Cases(100), Step::Events(100), Step::Run] {
        let (row, taken) = (row.clone(), step.clone());
        let removed = past.store.write(move |conn| removals::take_step(conn, &row, &taken)).await.unwrap();
        assert_eq!(removed, 0, "{step:?}");
    }
    assert_eq!(History::rows(&past.store).await, rows);
}

#[tokio::test]
async fn the_file_shrinks_when_runs_are_removed() {
    let past = Past::begin().await;
    for day in 0..5 {
        past.run(day, LARGE).await;
    }
    let path = past.folder.path().join("promptcards.db");
    let size = || std::fs::metadata(&path).unwrap().len();
    past.store.close(Duration::from_secs(20)).await.unwrap();
    let before = size();
    assert!(before > 6 << 20, "{before} bytes");

    let past = Past { store: open(&past.folder), ..past };
    past.set_day(50);
    let running = past.start(10, 0).await;
    running.engine.sweep().await.unwrap();
    assert_eq!(past.numbers(&running).await, [0; 0]);
    let unused: i64 = ask(&past.store, Sql::new("PRAGMA freelist_count")).await;
    past.store.close(Duration::from_secs(20)).await.unwrap();
    assert!(size() < 1 << 20, "{} of {before} bytes are left", size());
    assert_eq!(unused, 0);
}

#[tokio::test]
async fn neither_a_number_nor_a_cell_of_a_removed_run_is_given_again() {
    let past = Past::begin().await;
    let first = past.run(0, PastRun::default()).await;
    let removed = mark(&past, first).await;
    let running = past.start(0, 0).await;
    running.engine.sweep().await.unwrap();
    assert_eq!(History::rows(&past.store).await, 0);
    let next = past.run(0, PastRun::default()).await;
    let next = past.store.read(move |conn| store::runs::find(conn, next)).await.unwrap().unwrap();
    assert_eq!((removed.number, next.number), (1, 2));
    assert_eq!(next.cells.first, removed.cells.first + removed.cells.count);
}

#[tokio::test]
async fn a_result_that_comes_after_its_run_was_removed_is_dropped() {
    let past = Past::begin().await;
    let run = past.run(0, PastRun { finished: false, ..PastRun::default() }).await;
    let owner = InstanceId::new(&CountedIds::default() as &dyn IdSource);
    let row = past.store.read(move |conn| store::runs::find(conn, run)).await.unwrap().unwrap();
    let (cells, matrix) = (row.cells, row.matrix);
    let late = past
        .store
        .write(move |conn: &mut Conn| store::cells::claim(conn, run, cells, &(0..1), 1, owner, 9))
        .await
        .unwrap();
    let from: &[RunState] = &[RunState::Queued];
    past.store
        .write(move |conn| {
            store::runs::change_state(conn, run, from, RunState::Cancelled, "run_cancelled", 0)?;
            store::cells::cancel_open(conn, run, cells, matrix, 0, 100)
        })
        .await
        .unwrap();
    let run = mark(&past, run).await;
    while step(&past.store, &run).await.0 != Step::Run {}
    let result = testkit::finished(cells, matrix, late[0], PastRun::default());
    let payers = store::budgets::Payers { workspace: past.history.workspace, api_key: None };
    let stored = past
        .store
        .write(move |conn| {
            store::cell_results::finish(conn, run.id, cells, payers, std::slice::from_ref(&result), 0)
        })
        .await
        .unwrap();
    assert_eq!((stored.accepted, stored.finished), (vec![false], false));
    assert_eq!(History::rows(&past.store).await, 0);
}

#[tokio::test]
async fn a_run_knows_the_bytes_of_its_texts_also_after_a_retry() {
    const TEXTS: Sql = Sql::new(
        "SELECT CAST((SELECT SUM(OCTET_LENGTH(content)) FROM run_cases) \
         + (SELECT SUM(OCTET_LENGTH(headline || reason || preview || prompt_hash || COALESCE(digest, '') \
         || COALESCE(finish_reason, '') || usage || timings || parameters || notes || outcomes || prompt \
         || output || COALESCE(thinking, ''))) FROM cell_results) AS BIGINT)",
    );
    const STORED: Sql = Sql::new("SELECT stored_bytes FROM runs");
    let past = Past::begin().await;
    let run = past.run(0, LARGE).await;
    let stored: i64 = ask(&past.store, STORED).await;
    assert_eq!(stored, ask::<i64>(&past.store, TEXTS).await);
    let row = past.store.read(move |conn| store::runs::find(conn, run)).await.unwrap().unwrap();
    let retried = past
        .store
        .write(move |conn| {
            let positions = store::cells::with_error(conn, row.cells, 0, 100)?;
            store::cells::put_back(conn, run, row.cells, row.matrix, &positions)?;
            Ok(positions.len())
        })
        .await
        .unwrap();
    assert_eq!(retried, 10);
    let after: i64 = ask(&past.store, STORED).await;
    assert!(after < stored);
    assert_eq!(after, ask::<i64>(&past.store, TEXTS).await);
}
