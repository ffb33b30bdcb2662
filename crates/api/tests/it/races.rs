//! Requests that go away, commits that nobody is told of, rows that cannot be read: runs go on.

use domain::ids::{RunId, SuiteId};
use domain::matrix::Matrix;
use store::runs::{NewRun, RunModel};

use crate::running::{Running, W, run_of};
use crate::stream::Events;

/// Starts a run of the card `card`.
async fn start(server: &Running) -> (String, RunId) {
    let run = server.done("POST /runs", &run_of("card")).await;
    let id = run["id"].as_str().unwrap();
    (format!("{W}/runs/{id}"), id.parse().unwrap())
}

async fn follow(server: &Running, run: &str) -> Events {
    Events::open(server.address(), &format!("{run}/events?after=0"), &[], None).await
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
        fingerprint: "broken".to_owned(),
        simulated: true,
        note: String::new(),
        created_by: String::new(),
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
