//! Runs that are cancelled, removed or finished while something else happens to them.

use std::sync::Arc;

use domain::run::RunState;
use domain::verdict::Verdict;

use super::{Fixture, finished};
use crate::events::EventHub;
use crate::runs::control::cancel_cells;

#[tokio::test]
async fn the_end_of_a_cancel_is_told_with_the_final_counts() {
    let fixture = Fixture::of(4).await;
    let claimed = fixture.claim().await;
    fixture.cancel().await;
    let events = Arc::new(EventHub::default());
    let mut reader = events.subscribe(fixture.run);
    let row = fixture.row().await;
    cancel_cells(&fixture.store, &events, &row, 5).await.unwrap();
    let told = reader.try_recv().unwrap();
    assert_eq!((told.first, told.frames[0].event), (row.event_seq + 1, "run_cancelled"));
    let data: serde_json::Value = serde_json::from_str(&told.frames[0].data).unwrap();
    assert_eq!((&data["run"]["counts"]["open"], &data["run"]["counts"]["cancelled"]), (&0.into(), &4.into()));
    assert_eq!(fixture.row().await.event_seq, row.event_seq + 1);

    let late = fixture.finish(vec![finished(claimed[0], Some(Verdict::Pass))]).await.unwrap();
    assert_eq!((late.accepted, late.finished), (vec![false], false), "its claim is void");
}

#[tokio::test]
async fn a_run_that_became_visible_is_not_removed() {
    let fixture = Fixture::of(4).await;
    let (run, cells) = (fixture.run, fixture.cells);
    fixture.write(move |conn| store::runs::discard(conn, run)).await;
    assert_eq!(fixture.row().await.state, RunState::Queued);
    let last = fixture.store.read(move |conn| store::cells::get(conn, cells, 3)).await.unwrap();
    assert!(last.is_some(), "its cells are there");

    let hidden = Fixture::prepared(4).await;
    let run = hidden.run;
    hidden.write(move |conn| store::runs::discard(conn, run)).await;
    assert!(hidden.store.read(move |conn| store::runs::find(conn, run)).await.unwrap().is_none());
}
