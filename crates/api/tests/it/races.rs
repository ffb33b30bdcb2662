//! Requests that go away, commits that nobody is told of, rows that cannot be read: runs go on.

use std::task::{Context, Waker};

use domain::caller::Caller;
use domain::ids::{RunId, SuiteId};
use domain::matrix::Matrix;
use domain::run::RunState;
use store::run_inputs::RunModel;
use store::runs::NewRun;

use crate::running::{Running, W, run_of};
use crate::stream::Events;

/// Starts a run of the card `card`.
async fn start(server: &Running) -> (String, RunId) {
    let run = server.done("POST /runs", &run_of("card")).await;
    let id = run["id"].as_str().unwrap();
    (format!("{W}/runs/{id}"), id.parse().unwrap())
}

async fn follow(server: &Running, run: &str) -> Events {
    Events::open(server, &format!("{run}/events?after=0"), &[], None).await
}

#[tokio::test]
async fn a_run_that_cannot_be_read_does_not_stop_the_others() {
    let server = Running::start().await;
    let suite: SuiteId = server.card_with_cases("card", 3).await.parse().unwrap();
    let workspace = server.engine.workspace("default").await.unwrap();
    let id: RunId = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
    let model = RunModel {
        provider: "simulated".to_owned(),
        kind: "simulated".to_owned(),
        name: "simulated-large".to_owned(),
        digest: None,
        context_length: None,
        simulated: true,
        parameters: "not JSON".to_owned(),
    };
    let broken = NewRun {
        id,
        workspace_id: workspace,
        suite_id: suite,
        matrix: Matrix { versions: 1, models: 1, cases: 1, repeats: 1 },
        prepared_by: "01890a5d-ac96-774b-bcce-b302099a8058".parse().unwrap(),
        fingerprint: "broken".to_owned(),
        simulated: true,
        note: String::new(),
        cache: true,
        cache_scopes: vec![None],
        created_by: String::new(),
        api_key: None,
        created_at: 0,
        versions: Vec::new(),
        models: vec![model],
    };
    let prepared = server.store.write(move |conn| {
        let cells = store::runs::prepare(conn, &broken)?;
        store::cells::insert(conn, cells, &(0..1))?;
        store::runs::publish(conn, id, 0)
    });
    prepared.await.unwrap();
    let (run, _) = start(&server).await;
    follow(&server, &run).await.until("run_finished").await;
}

/// Begins work and goes away at once, as a request does whose connection breaks.
fn begin_and_drop(work: impl Future) {
    let mut work = std::pin::pin!(work);
    assert!(work.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
}

#[tokio::test]
async fn a_request_that_goes_away_is_done_to_its_end() {
    let server = Running::with_models(1, 3_600_000).await;
    server.card_with_cases("card", 3).await;
    let workspace = server.engine.workspace("default").await.unwrap();
    let request = serde_json::from_value(run_of("card")).unwrap();
    begin_and_drop(server.engine.start_run(&Caller::machine(), workspace, request, None));
    // The same is found or, if it comes first, is what is found.
    let (run, id) = start(&server).await;
    let mut events = follow(&server, &run).await;
    events.until("run_started").await;
    begin_and_drop(server.engine.pause_run(&Caller::machine(), workspace, id));
    events.until("run_paused").await;
    begin_and_drop(server.engine.resume_run(&Caller::machine(), workspace, id));
    events.until("run_resumed").await;
    begin_and_drop(server.engine.cancel_run(&Caller::machine(), workspace, id));
    events.until("run_cancelled").await;
    let last = events.until("run_cancelled").await;
    assert_eq!(last[last.len() - 1].data["run"]["counts"]["cancelled"], 3);
}

#[tokio::test]
async fn a_cancel_that_was_cut_short_is_ended_by_the_next_one() {
    const FROM: &[RunState] = &[RunState::Queued, RunState::Running];
    let server = Running::with_models(1, 3_600_000).await;
    server.card_with_cases("card", 3).await;
    let (run, id) = start(&server).await;
    let cut_short = server.store.write(move |conn| {
        store::runs::change_state(conn, id, FROM, RunState::Cancelled, "run_cancelled", 1)
    });
    cut_short.await.unwrap().unwrap();
    let cancel = format!("POST {run}/cancel");
    let ended = server.done(&cancel, &serde_json::Value::Null).await;
    assert_eq!((&ended["counts"]["open"], &ended["counts"]["cancelled"]), (&0.into(), &3.into()));
    let again = server.call(&cancel, &[], &serde_json::Value::Null).await;
    assert_eq!(again.code(), "wrong_state");
}

#[tokio::test]
async fn an_event_that_nobody_told_reaches_every_reader() {
    const FROM: &[RunState] = &[RunState::Running];
    let server = Running::with_models(1, 3_600_000).await;
    server.card_with_cases("card", 3).await;
    let (run, id) = start(&server).await;
    let (mut one, mut other) = (follow(&server, &run).await, follow(&server, &run).await);
    one.until("run_started").await;
    other.until("run_started").await;
    let untold = server
        .store
        .write(move |conn| store::runs::change_state(conn, id, FROM, RunState::Paused, "run_paused", 1));
    let number = untold.await.unwrap().unwrap();
    for reader in [&mut one, &mut other] {
        assert_eq!(reader.until("run_paused").await.last().unwrap().id, number);
    }
}

#[tokio::test]
async fn an_answer_that_named_a_running_run_is_kept_under_its_key() {
    let server = Running::with_models(1, 3_600_000).await;
    server.card_with_cases("card", 3).await;
    let (run, _) = start(&server).await;
    let keyed = async || server.call("POST /runs", &[("idempotency-key", "k")], &run_of("card")).await;
    let first = keyed().await;
    assert_eq!((first.status, first.header("idempotent-replayed")), (200, None));
    server.done(&format!("POST {run}/cancel"), &serde_json::Value::Null).await;
    let again = keyed().await;
    assert_eq!((again.status, again.header("idempotent-replayed")), (200, Some("true")));
    assert_eq!(again.json(), first.json());
}

#[tokio::test]
async fn a_cancel_that_was_cut_short_is_ended_without_anybody() {
    const FROM: &[RunState] = &[RunState::Queued, RunState::Running];
    let server = Running::with_models(1, 3_600_000).await;
    server.card_with_cases("card", 3).await;
    let (run, id) = start(&server).await;
    let mut events = follow(&server, &run).await;
    events.until("run_started").await;
    let cut_short = server.store.write(move |conn| {
        store::runs::change_state(conn, id, FROM, RunState::Cancelled, "run_cancelled", 1)
    });
    cut_short.await.unwrap().unwrap();
    events.until("run_cancelled").await;
    let ended = events.until("run_cancelled").await;
    assert_eq!(ended[0].data["run"]["counts"]["cancelled"], 3);
}
