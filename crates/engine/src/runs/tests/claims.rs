//! A result counts only under the claim that it was made for.

use std::sync::Arc;

use domain::ids::InstanceId;
use domain::run::RunState;
use domain::verdict::Verdict;

use super::{Counted, Fixture, finished};

#[tokio::test]
async fn a_result_that_comes_after_its_cell_was_claimed_anew_is_dropped() {
    let fixture = Fixture::of(2).await;
    let lost = fixture.claim().await;
    let leases: Vec<(i64, i64)> = lost.iter().map(|cell| (cell.id, cell.claim)).collect();
    fixture.write(move |conn| store::cells::release(conn, &leases)).await;
    let claimed = fixture.claim().await;
    assert!(claimed[0].claim > lost[0].claim);

    let before = fixture.row().await;
    let late = fixture.finish(vec![finished(lost[0], Some(Verdict::Fail))]).await.unwrap();
    assert_eq!(late.accepted, [false]);
    let row = fixture.row().await;
    assert_eq!((row.open_cells, row.event_seq), (before.open_cells, before.event_seq));

    let results = claimed.iter().map(|cell| finished(*cell, Some(Verdict::Pass))).collect();
    assert_eq!(fixture.finish(results).await.unwrap().accepted, [true, true]);
    let (run, range) = (fixture.run, fixture.cells);
    let column =
        fixture.store.read(move |conn| store::run_columns::of_run(conn, run)).await.unwrap().remove(0);
    assert_eq!((column.counts.pass, column.counts.fail), (2, 0));
    let cell = fixture.store.read(move |conn| store::cells::get(conn, range, 0)).await.unwrap().unwrap();
    assert_eq!(cell.verdict, Some(Verdict::Pass));
    assert_eq!(fixture.row().await.state, RunState::Finished);
}

#[tokio::test]
async fn a_start_gives_back_every_lease_at_once() {
    let fixture = Fixture::of(3).await;
    let lost = fixture.claim().await;
    assert_eq!(fixture.claim().await, [], "nothing is pending while the leases last");
    // Long before they end.
    let ids = Counted(100.into());
    let me = InstanceId::new(&ids);
    crate::runs::recover(&fixture.store, &Arc::default(), me, &ids, 6).await.unwrap();
    let claimed = fixture.claim().await;
    assert_eq!(claimed.len(), lost.len());
    assert!(claimed[0].claim > lost[0].claim);
}
