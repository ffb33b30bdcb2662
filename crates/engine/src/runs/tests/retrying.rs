//! Errors are put back together with the state of their run, or not at all.

use std::sync::Arc;

use domain::cost::NanoDollars;
use domain::ids::InstanceId;
use domain::run::RunState;
use domain::verdict::Verdict;

use super::{Counted, Fixture, finished};
use crate::runs::control::{Chunk, retry_chunk};

/// Retries from a position on.
async fn retry(fixture: &Fixture, from: i64) -> Chunk {
    let row = fixture.row().await;
    fixture.write(move |conn| retry_chunk(conn, &row, from, 5)).await
}

#[tokio::test]
async fn a_retry_opens_the_cells_and_the_run_in_one_step() {
    let fixture = Fixture::of(4).await;
    fixture.finish_with_errors().await;
    let Chunk::PutBack { next, .. } = retry(&fixture, 0).await else { panic!("nothing was put back") };
    let row = fixture.row().await;
    assert_eq!((row.state, row.open_cells, next), (RunState::Running, 4, 4));
    assert_eq!(retry(&fixture, 0).await, Chunk::Nothing, "a second retry finds nothing");
    assert_eq!(fixture.row().await.event_seq, row.event_seq);
}

#[tokio::test]
async fn a_retry_does_not_chase_cells_that_fail_again() {
    let fixture = Fixture::of(4).await;
    fixture.finish_with_errors().await;
    let Chunk::PutBack { next, .. } = retry(&fixture, 0).await else { panic!("nothing was put back") };
    fixture.finish_with_errors().await;
    assert_eq!(retry(&fixture, next).await, Chunk::Nothing);
    assert_eq!(fixture.row().await.state, RunState::Finished);
}

#[tokio::test]
async fn nothing_is_put_back_into_a_run_that_was_cancelled_meanwhile() {
    let fixture = Fixture::of(4).await;
    let claimed = fixture.claim().await;
    fixture.finish(vec![finished(claimed[0], Some(Verdict::Error))]).await.unwrap();
    fixture.cancel().await;
    assert_eq!(retry(&fixture, 0).await, Chunk::Nothing);
    let row = fixture.row().await;
    assert_eq!((row.state, row.open_cells), (RunState::Cancelled, 3));
}

#[tokio::test]
async fn what_was_counted_of_an_answer_goes_with_it() {
    let fixture = Fixture::of(4).await;
    let claimed = fixture.claim().await;
    let verdicts = [Some(Verdict::Error), Some(Verdict::Pass), None, Some(Verdict::Error)];
    fixture
        .finish(claimed.into_iter().zip(verdicts).map(|(cell, verdict)| finished(cell, verdict)).collect())
        .await
        .unwrap();
    retry(&fixture, 0).await;
    let run = fixture.run;
    let column =
        fixture.store.read(move |conn| store::run_columns::of_run(conn, run)).await.unwrap().remove(0);
    assert_eq!((column.counts.error, column.counts.pass, column.counts.unjudged), (0, 1, 1));
    let sums = (column.answered, column.latency_ms, column.generation_ms);
    assert_eq!((sums, column.prompt_tokens, column.completion_tokens), ((2, 20, 14), 6, 10));
    assert_eq!(column.cost, Some(NanoDollars(14_000)));
}

#[tokio::test]
async fn a_start_sets_states_right_that_contradict_their_cells() {
    let fixture = Fixture::of(4).await;
    fixture.finish_with_errors().await;
    let (run, cells, row) = (fixture.run, fixture.cells, fixture.row().await);
    // As an earlier version left it when it was killed in the middle of a retry.
    fixture.write(move |conn| store::cells::put_back(conn, run, cells, row.matrix, &[0, 1, 2, 3])).await;
    let recover = async || {
        let ids = Counted(100.into());
        crate::runs::recover(&fixture.store, &Arc::default(), InstanceId::new(&ids), &ids, 6).await.unwrap();
        fixture.row().await.state
    };
    assert_eq!(recover().await, RunState::Running);
    let matrix = row.matrix;
    fixture.write(move |conn| store::cells::cancel_open(conn, run, cells, matrix, 0, 9)).await;
    assert_eq!(recover().await, RunState::Finished);
}
