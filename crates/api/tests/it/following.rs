//! Following a run: what happened, then what happens, without a gap and without a copy.

use std::sync::Arc;

use api::door::{Door, Reach};
use api::router::router;
use api::serve::{self, Connections};
use api::state::ApiState;
use serde_json::{Value, json};
use tokio::net::TcpSocket;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::running::{Running, W, run_of};
use crate::server::{CountedIds, site};
use crate::stream::{Event, Events};

async fn start(server: &Running) -> String {
    let run = server.done("POST /runs", &run_of("card")).await;
    format!("{W}/runs/{}", run["id"].as_str().unwrap())
}

async fn follow(server: &Running, run: &str, query: &str, headers: &[(&str, &str)]) -> Events {
    Events::open(server, &format!("{run}/events{query}"), headers, None).await
}

fn ids(events: &[Event]) -> Vec<i64> {
    events.iter().map(|event| event.id).collect()
}

#[tokio::test]
async fn every_event_comes_once_live_and_again_from_the_store() {
    let server = Running::start().await;
    server.card_with_cases("card", 30).await;
    let run = start(&server).await;
    let live = follow(&server, &run, "?after=0", &[]).await.until("run_finished").await;
    assert_eq!(ids(&live), (1..=33).collect::<Vec<_>>(), "queued, started, 30 cells, finished");
    assert_eq!((live[0].name.as_str(), live[1].name.as_str()), ("run_queued", "run_started"));
    let cells: Vec<_> = live.iter().filter(|event| event.name == "cell_finished").collect();
    assert_eq!(cells.len(), 30);
    for cell in &cells {
        assert_eq!(cell.data["number"], cell.id);
        assert_eq!(cell.data["cell"]["state"], "finished");
        assert_eq!(cell.data["column"]["position"], 0);
    }
    let last = &live[32].data["run"];
    assert_eq!((&last["state"], &last["counts"]["open"]), (&json!("finished"), &json!(0)));

    let replayed = follow(&server, &run, "?after=0", &[]).await.until("run_finished").await;
    assert_eq!(ids(&replayed), ids(&live));
    let later = follow(&server, &run, "?after=31", &[]).await.until("run_finished").await;
    assert_eq!(ids(&later), [32, 33]);
    let header = follow(&server, &run, "?after=0", &[("last-event-id", "31")]).await;
    assert_eq!(ids(&{ header }.until("run_finished").await), [32, 33], "the header counts for more");
}

#[tokio::test]
async fn a_reader_that_comes_and_goes_misses_nothing() {
    let server = Running::with_models(2, 1).await;
    server.card_with_cases("card", 60).await;
    let run = start(&server).await;
    let (mut seen, mut after) = (Vec::new(), 0);
    loop {
        let mut events = follow(&server, &run, &format!("?after={after}"), &[]).await;
        for _ in 0..7 {
            let event = events.next().await;
            after = event.id;
            seen.push(event.clone());
            if event.name == "run_finished" {
                break;
            }
        }
        if seen.last().is_some_and(|event| event.name == "run_finished") {
            break;
        }
    }
    assert_eq!(ids(&seen), (1..=63).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_number_that_is_none_is_refused() {
    let server = Running::with_models(1, 3_600_000).await;
    server.card_with_cases("card", 1).await;
    let run = start(&server).await;
    let events = format!("GET {run}/events");
    for wrong in ["x", "-1", "1.5"] {
        let refused = server.call(&events, &[("last-event-id", wrong)], &Value::Null).await;
        assert_eq!(refused.code(), "bad_request", "{wrong}");
    }
    assert_eq!(server.call(&format!("{events}?after=-1"), &[], &Value::Null).await.pointer(), "/after");
}

/// The kernel keeps megabytes for a connection; here it keeps little, so that a reader that does not read is
/// soon one that holds back the server's writing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_does_not_read_slows_nobody_and_is_told_to_read_again() {
    let server = Running::with_models(1, 0).await;
    server.card_with_cases("card", 1_000).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_send_buffer_size(4 * 1024).unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(16).unwrap();
    let address = listener.local_addr().unwrap();
    let door = Door::new(Arc::new(CountedIds::default()), Reach::loopback(address.port()));
    let closing = CancellationToken::new();
    let tight = router(ApiState::new(Arc::clone(&server.engine), closing.clone()), site(), &door).unwrap();
    let tasks = TaskTracker::new();
    tasks.spawn(serve::serve(listener, tight, Connections::default(), closing.clone()));

    let run = start(&server).await;
    let path = format!("{run}/events?after=0");
    let mut asleep = Events::at(address, &path, &server.signed(), Some(4 * 1024)).await;
    let live = follow(&server, &run, "?after=0", &[]).await.until("run_finished").await;
    assert_eq!(ids(&live), (1..=1_003).collect::<Vec<_>>());

    let told = asleep.until("resync").await;
    let (resync, before) = told.split_last().unwrap();
    assert_eq!(ids(before), (1..=i64::try_from(before.len()).unwrap()).collect::<Vec<_>>());
    assert!(before.len() < 1_003, "it was held back");
    assert_eq!(resync.data, json!({ "after": 1_003 }));
    assert_eq!(resync.id, 1_003);
}
