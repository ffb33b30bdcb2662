//! Keeping and deleting runs, as a person does.

use serde_json::{Value, json};

use crate::running::{NOBODY, Running, W, run_of};
use crate::stream::Events;

/// A finished run of one card, and its address.
async fn finished(server: &Running) -> (Value, String) {
    let run = server.done("POST /runs", &run_of("card")).await;
    let path = format!("/runs/{}", run["id"].as_str().unwrap());
    let mut events = Events::open(server, &format!("{W}{path}/events?after=0"), &[], None).await;
    events.until("run_finished").await;
    (server.read(&path).await, path)
}

async fn status(server: &Running, what: &str) -> u16 {
    server.call(what, &[], &Value::Null).await.status
}

#[tokio::test]
async fn a_deleted_run_is_gone_from_everywhere_and_its_number_is_not_given_again() {
    let server = Running::start().await;
    server.card_with_cases("card", 2).await;
    let (run, path) = finished(&server).await;
    assert!(run["stored_bytes"].as_i64().unwrap() > 100, "{run}");
    assert!(server.read("/cards/card").await["last_rate"].is_object());

    assert_eq!(status(&server, &format!("DELETE {path}")).await, 204);
    for address in ["", "/rows", "/cells", "/cells/0", "/cases?from=0&to=1", "/events"] {
        let answer = server.call(&format!("GET {path}{address}"), &[], &Value::Null).await;
        assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{address}");
    }
    for what in ["POST {}/cancel", "POST {}/retry-errors", "PUT {}/keep", "DELETE {}/keep"] {
        assert_eq!(status(&server, &what.replace("{}", &path)).await, 404, "{what}");
    }
    assert_eq!(server.read("/runs").await["items"], json!([]));
    assert_eq!(server.read("/runs?state=removing").await["items"], json!([]));
    assert_eq!(server.read("/runs?card=card").await["items"], json!([]));
    assert_eq!(server.read("/cards/card").await["last_rate"], Value::Null);
    assert_eq!(status(&server, &format!("DELETE {path}")).await, 204, "it is deleted already");
    server.engine.sweep().await.unwrap();
    assert_eq!(status(&server, &format!("DELETE {path}")).await, 204);
    assert_eq!(status(&server, &format!("GET {path}")).await, 404);

    let (next, _) = finished(&server).await;
    assert_eq!((&run["number"], &next["number"]), (&json!(1), &json!(2)));
}

#[tokio::test]
async fn a_run_that_is_kept_or_at_work_is_not_deleted() {
    let server = Running::with_models(1, 60_000).await;
    server.card_with_cases("card", 2).await;
    let run = server.done("POST /runs", &run_of("card")).await;
    let path = format!("/runs/{}", run["id"].as_str().unwrap());
    let refused = async |why: &str| {
        let answer = server.call(&format!("DELETE {path}"), &[], &Value::Null).await;
        assert_eq!((answer.status, answer.code().as_str()), (409, "wrong_state"));
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(why) && detail.contains("Run 1"), "{detail}");
        assert_eq!(server.read(&path).await["id"], run["id"]);
    };
    refused("Cancel it first").await;
    server.done(&format!("POST {path}/pause"), &Value::Null).await;
    refused("is paused").await;
    server.done(&format!("POST {path}/cancel"), &Value::Null).await;

    assert_eq!(run["kept"], false);
    assert_eq!(server.done(&format!("PUT {path}/keep"), &Value::Null).await["kept"], true);
    assert_eq!(server.done(&format!("PUT {path}/keep"), &Value::Null).await["kept"], true);
    refused("is kept").await;
    assert_eq!(server.done(&format!("DELETE {path}/keep"), &Value::Null).await["kept"], false);
    assert_eq!(status(&server, &format!("DELETE {path}")).await, 204);
    assert_eq!(status(&server, &format!("PUT /runs/{NOBODY}/keep")).await, 404);
}
