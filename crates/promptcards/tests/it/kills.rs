//! `kill -9` at any time: nothing that was seen is lost, nothing is stored twice, the run goes on by itself.

use std::collections::HashMap;
use std::time::Duration;

use fake_ollama::{Change, FakeOllama, Options};
use serde_json::{Value, json};
use testkit::{Actor, ServerProcess, TestDatabase};
use tokio::time::{Instant, timeout};

const KILLS: u64 = 20;
const CASES: usize = 1_000;

/// What a reader of the live events saw of the finished cells, by their number.
type Seen = HashMap<i64, Value>;

#[tokio::test(flavor = "multi_thread")]
async fn twenty_kills_lose_nothing_and_store_nothing_twice() {
    let models = ["llama3.2:latest", "qwen3:8b"];
    let ollama = FakeOllama::start(Options::default()).unwrap();
    ollama.change(&Change { latency_ms: Some(20), ..Change::default() });
    let database = TestDatabase::new();
    let database_url = database.url();
    let url = ollama.url();
    let start = || {
        let mut environment = vec![("OLLAMA_HOST", url.as_str()), ("PROMPTCARDS_LOG__LEVEL", "warn")];
        environment.extend(database_url.as_deref().map(|url| ("PROMPTCARDS_STORE__DATABASE_URL", url)));
        ServerProcess::start(env!("CARGO_BIN_EXE_promptcards").as_ref(), database.folder(), &environment)
    };

    let mut server = start();
    let run = begin(&server.actor, models).await;
    let mut seen = Seen::new();
    let mut last_event = 0;
    // A fixed seed: the same test kills at the same numbers of results each time.
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    for _ in 0..KILLS {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let until = seen.len() + usize::try_from(random % 90).unwrap() + 5;
        read_until(&server.actor, &run, &mut seen, &mut last_event, until).await;
        server.kill();
        server = start();
        let ready = Instant::now();
        assert_kept(&server.actor, &run, &seen).await;
        let more = seen.len() + 1;
        timeout(Duration::from_secs(5), read_until(&server.actor, &run, &mut seen, &mut last_event, more))
            .await
            .unwrap_or_else(|_| panic!("no result {:?} after the start", ready.elapsed()));
    }
    read_until(&server.actor, &run, &mut seen, &mut last_event, 2 * CASES).await;
    let run = server.actor.finish(&run).await;

    assert_eq!(run["state"], "finished");
    assert_eq!(run["counts"]["pass"], 2 * CASES);
    assert_kept(&server.actor, &run, &seen).await;
    assert_eq!(server.actor.cells(&run).await.len(), 2 * CASES);
    let calls = ollama.counters().calls;
    // A kill takes the four calls that are under way, and the results of the four before if they were not
    // committed yet.
    let most = 2 * CASES as u64 + KILLS * 8;
    assert!((2 * CASES as u64..=most).contains(&calls), "{calls} calls, at most {most} were to be made");
}

/// Makes the card and starts its run of 2,000 cells.
async fn begin(actor: &Actor, models: [&str; 2]) -> Value {
    let card = actor.echo_card().await;
    let cases: Vec<Value> = (0..CASES)
        .map(|number| {
            json!({ "variables": { "word": format!("word {number}") }, "expected_output": format!("word {number}") })
        })
        .collect();
    actor.cases(&card, &cases).await;
    actor
        .start("echo", &models.map(|model| format!("ollama/{model}")).each_ref().map(String::as_str), 1)
        .await
}

/// Reads live events until so many cells were seen.
async fn read_until(actor: &Actor, run: &Value, seen: &mut Seen, last_event: &mut i64, until: usize) {
    let mut events = actor.follow(run, *last_event).await;
    while seen.len() < until {
        let Some(event) = events.next().await else { return };
        *last_event = event.id.unwrap_or(*last_event);
        if event.name == "cell_finished" {
            let cell = event.data["cell"].clone();
            let again = seen.insert(cell["position"].as_i64().unwrap(), cell.clone());
            assert!(again.is_none(), "cell {} finished twice", cell["position"]);
        }
    }
}

/// Every result that was seen is stored as it was seen.
async fn assert_kept(actor: &Actor, run: &Value, seen: &Seen) {
    let stored: Seen =
        actor.cells(run).await.into_iter().map(|cell| (cell["position"].as_i64().unwrap(), cell)).collect();
    for (position, cell) in seen {
        assert_eq!(&stored[position], cell, "cell {position} is not what was seen");
    }
}
